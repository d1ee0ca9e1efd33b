/**
 * One signed request to the control plane and its answer, or a failure with a name. Agents only ever dial out. The
 * signature covers method, path, body, moment and nonce (core/contract/signature.ts), so every attempt is signed anew.
 */
import * as z from 'zod'
import type { Clock } from '../core/clock.ts'
import { routes, type Routes } from '../core/contract/api.ts'
import { failureCodes, type FailureCode } from '../core/contract/failures.ts'
import { signRequest } from '../core/contract/signature.ts'
import type { RandomBytes } from '../core/ids.ts'
import { within } from './deadline.ts'
import { say } from './failures.ts'
import type { Identity } from './identity.ts'
import { Slots } from './slots.ts'

type AgentRoute = 'enrol-host' | 'take-commands' | 'report'
type BodyOf<N extends AgentRoute> = z.input<Routes[N]['body']>

/** UNREACHABLE: no answer. ANSWER_INVALID: an answer that is not in the contract. */
export type RefusalCode = FailureCode | 'UNREACHABLE' | 'ANSWER_INVALID'

export class Refusal extends Error {
  readonly code: RefusalCode
  readonly retryAfterMs: number

  constructor(code: RefusalCode, detail: string, retryAfterMs = 0, cause?: unknown) {
    super(detail, { cause })
    this.name = code
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

export interface ControlPlane {
  /** One attempt. `answer` says what is needed of it; more than that may be in it. */
  ask<N extends AgentRoute, T>(
    name: N,
    body: BodyOf<N>,
    answer: z.ZodType<T>,
    given: { signal: AbortSignal; traceparent?: string },
  ): Promise<T>
  /** What proves a request of that path to come from this host. */
  sign(method: string, path: string, body: string): string
}

export interface ControlPlaneOptions {
  url: string
  identity: Identity
  clock: Clock
  random: RandomBytes
  timeoutMs?: number
  /** Requests under way at once. */
  parallel?: number
}

/** Longer than this nobody waits because an answer told so. */
const longestRetryAfterMs = 300_000

const Said = z.object({
  code: z.enum(failureCodes),
  detail: z.string(),
  retryAfterMs: z.number().optional(),
})

const refusalOf = (response: Response, text: string) => {
  const header = Number(response.headers.get('retry-after') ?? 0) * 1000
  let said: z.infer<typeof Said> | undefined
  try {
    said = Said.safeParse(JSON.parse(text)).data
  } catch {
    // A proxy's page: its status is all it tells.
  }
  const wait = Math.max(0, said?.retryAfterMs ?? 0, Number.isFinite(header) ? header : 0)
  return new Refusal(
    said?.code ?? 'ANSWER_INVALID',
    said?.detail ?? `status ${response.status} without a problem we know`,
    Math.min(wait, longestRetryAfterMs),
  )
}

const read = <T>(text: string, answer: z.ZodType<T>): T => {
  try {
    return answer.parse(JSON.parse(text))
  } catch (error) {
    throw new Refusal('ANSWER_INVALID', 'the answer is not in the contract', 0, error)
  }
}

export const reachControlPlane = (options: ControlPlaneOptions): ControlPlane => {
  const { url, identity, clock, random, timeoutMs = 10_000, parallel = 8 } = options
  const slots = new Slots(parallel)

  const sign = (method: string, path: string, body: string) => {
    const nonce = Buffer.from(random(16)).toString('hex')
    return signRequest({ method, path, body }, identity, clock.now(), nonce)
  }

  const send = async (
    target: URL,
    body: string,
    headers: Record<string, string>,
    to: AbortSignal,
  ) => {
    const response = await fetch(target, {
      method: 'POST',
      headers,
      body,
      signal: to,
      redirect: 'error',
    })
    return { response, text: await response.text() }
  }

  return {
    sign,
    ask: (name, body, answer, { signal, traceparent }) =>
      slots.use(signal, async () => {
        const target = new URL(routes[name].path, url)
        const text = JSON.stringify(body)
        const headers = {
          'content-type': 'application/json',
          authorization: sign('POST', target.pathname, text),
          ...(traceparent !== undefined && { traceparent }),
        }
        const sent = await within(timeoutMs, clock, signal, (to) =>
          send(target, text, headers, to),
        ).catch((error: unknown) => {
          signal.throwIfAborted()
          const cause = error instanceof Error && error.cause ? error.cause : error
          throw new Refusal('UNREACHABLE', say(cause), 0, error)
        })
        if (sent.response.status !== 200) throw refusalOf(sent.response, sent.text)
        return read(sent.text, answer)
      }),
  }
}
