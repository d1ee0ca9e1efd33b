/**
 * How a person's request is answered:
 *
 *   authenticate → count → authorise → read the input → the verb → commit → render
 *
 * A verb that reads answers what it found. A verb that changes answers a Change (change.ts): what is to be written
 * and said; nothing is written before all of it can be.
 */
import type * as z from 'zod'
import { authorise, type Principal } from '../../core/access.ts'
import type { StoredKey } from '../../core/api-key.ts'
import { routes, type RouteName, type Routes } from '../../core/contract/api.ts'
import { Failure } from '../../core/contract/failures.ts'
import type { Route } from '../../core/contract/route.ts'
import type { Trace } from '../../core/trace.ts'
import { carryOut, type Change } from './change.ts'
import { clock } from './clock.ts'
import { authenticateKey } from './credentials.ts'
import { httpHandler, tellAnyway, type HttpEvent } from './handler.ts'
import type { GivenAnswer } from './idempotency.ts'
import { countRequest } from './rate-limit.ts'
import { readInput, type Input } from './request.ts'
import { etagOf, render } from './response.ts'

type Inferred<S> = S extends z.ZodType ? z.infer<S> : undefined

/** What a verb is given: everything checked, the tenant already decided. */
export interface Request<N extends RouteName> {
  params: Inferred<Routes[N]['params']>
  query: Inferred<Routes[N]['query']>
  body: Inferred<Routes[N]['body']>
  headers: Record<string, string | undefined>
  principal: Principal
  key: StoredKey
  now: number
  /** `now` as it is written into resources. */
  at: string
  trace: Trace
  /** Holds If-Match against the version that was read. */
  expects(version: number): void
}

export interface Found {
  body: unknown
  version?: number
  headers?: Record<string, string>
}

export const answer = <N extends RouteName>(
  name: N,
  verb: (request: Request<N>) => Promise<Found | Change>,
) => {
  const route: Route = routes[name]
  return httpHandler(async (event, trace) => {
    const now = clock.now()
    if (route.access.by === 'anyone') {
      const request = requestOf<N>(readInput(route, event), anonymous, event, trace, now)
      return render(foundAnswer(event, (await verb(request)) as Found))
    }
    const key = await authenticateKey(event.headers.authorization, now)
    const { used, refusal } = await countRequest(key, route.mutating ? 'write' : 'read', now)
    tellAnyway(event, used)
    if (refusal) throw refusal
    const request = (input: Input) => requestOf<N>(input, key, event, trace, now)
    authorise(principalOf(key), route.access)
    const input = readInput(route, event)
    if (!route.mutating) return render(foundAnswer(event, (await verb(request(input))) as Found))
    const decide = () => verb(request(input)) as Promise<Change>
    return render(await carryOut(name, { input, event, key, now }, decide))
  })
}

const principalOf = (key: StoredKey): Principal => ({
  keyId: key.id,
  tenantId: key.tenantId,
  role: key.role,
  scopes: key.scopes,
})

/** Routes open to anyone get a principal that owns nothing. */
const anonymous = { id: '', tenantId: '', role: 'viewer', scopes: [] } as unknown as StoredKey

const requestOf = <N extends RouteName>(
  input: Input,
  key: StoredKey,
  event: HttpEvent,
  trace: Trace,
  now: number,
): Request<N> => ({
  params: input.params as Request<N>['params'],
  query: input.query as Request<N>['query'],
  body: input.body as Request<N>['body'],
  headers: event.headers,
  principal: principalOf(key),
  key,
  now,
  at: new Date(now).toISOString(),
  trace,
  expects: (version) => {
    const { ifMatch } = input
    if (ifMatch === undefined || ifMatch === '*' || ifMatch === etagOf(version)) return
    throw new Failure('PRECONDITION_FAILED', undefined, { etag: etagOf(version) })
  },
})

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
