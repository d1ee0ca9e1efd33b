/** The public API, asked as any program would ask it; a refusal is a failure that says what was asked. */
import { LocalFailure } from './failures.ts'

export type Ask = <Answer>(method: string, path: string, body?: object) => Promise<Answer>

export interface Refused {
  code?: string
  detail?: string
}

export const askWith =
  (url: string, credential: string, signal: AbortSignal): Ask =>
  async <Answer>(method: string, path: string, body?: object) => {
    const response = await fetch(new URL(path, url), {
      method,
      signal,
      headers: {
        authorization: `Bearer ${credential}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as Answer & Refused
    if (response.ok) return answer
    throw new LocalFailure('API_REFUSED', {
      request: `${method} ${path}`,
      status: response.status,
      code: answer.code ?? 'without a code',
      detail: answer.detail ?? 'no detail',
    })
  }
