/** How a request that reads is answered: with what its verb found, or 304 when the asker has it already. */
import type { RouteName } from '../../core/contract/api.ts'
import { admit, admitAnyone, type OpenRequest, type Request } from './admit.ts'
import { httpHandler, type HttpEvent } from './handler.ts'
import { etagOf, render, type GivenAnswer } from './response.ts'

export interface Found {
  body: unknown
  version?: number
  headers?: Record<string, string>
}

export const answer = <N extends RouteName>(
  name: N,
  verb: (request: Request<N>) => Promise<Found>,
) =>
  httpHandler(async (event, trace) => {
    const { request } = await admit(name, event, trace)
    return render(foundAnswer(event, await verb(request)))
  })

/** For routes the table opens to anyone. */
export const answerAnyone = <N extends RouteName>(
  name: N,
  verb: (request: OpenRequest<N>) => Promise<Found>,
) =>
  httpHandler(async (event, trace) =>
    render(foundAnswer(event, await verb(admitAnyone(name, event, trace)))),
  )

const foundAnswer = (event: HttpEvent, found: Found): GivenAnswer => {
  if (found.version === undefined)
    return { status: 200, headers: found.headers ?? {}, body: found.body }
  const etag = etagOf(found.version)
  const given = (event.headers['if-none-match'] ?? '').split(/\s*,\s*/)
  const known = given.some((one) => one === '*' || one.replace(/^W\//, '') === etag)
  return {
    status: known ? 304 : 200,
    headers: { etag, ...found.headers },
    body: known ? '' : found.body,
  }
}
