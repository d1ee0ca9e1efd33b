/**
 * What happens to a person's request before the verb sees it: authenticate → count → authorise → read the input. A verb
 * is given everything checked, and the tenant already decided.
 */
import type * as z from 'zod'
import { authorise, type Principal } from '../../core/access.ts'
import type { StoredKey } from '../../core/api-key.ts'
import { routes, type RouteName, type Routes } from '../../core/contract/api.ts'
import { Failure } from '../../core/contract/failures.ts'
import type { Route } from '../../core/contract/route.ts'
import type { Trace } from '../../core/trace.ts'
import { clock } from './clock.ts'
import { authenticateKey } from './credentials.ts'
import { tellAnyway, type HttpEvent } from './handler.ts'
import { countRequest } from './rate-limit.ts'
import { readInput, type Input } from './request.ts'
import { etagOf } from './response.ts'

type Inferred<S> = S extends z.ZodType ? z.infer<S> : undefined

/** A request anybody may make. */
export interface OpenRequest<N extends RouteName> {
  params: Inferred<Routes[N]['params']>
  query: Inferred<Routes[N]['query']>
  body: Inferred<Routes[N]['body']>
  headers: Record<string, string | undefined>
  now: number
  /** `now` as it is written into resources. */
  at: string
  trace: Trace
}

/** A request of somebody who was let in. */
export interface Request<N extends RouteName> extends OpenRequest<N> {
  principal: Principal
  key: StoredKey
  /** Holds If-Match against the version that was read. */
  expects(version: number): void
}

export interface Admitted<N extends RouteName> {
  request: Request<N>
  input: Input
}

export const admitAnyone = <N extends RouteName>(
  name: N,
  event: HttpEvent,
  trace: Trace,
): OpenRequest<N> => openRequest<N>(readInput(routes[name], event), event, trace, clock.now())

export const admit = async <N extends RouteName>(
  name: N,
  event: HttpEvent,
  trace: Trace,
): Promise<Admitted<N>> => {
  const route: Route = routes[name]
  const now = clock.now()
  const key = await authenticateKey(event.headers.authorization, now)
  const { used, refusal } = await countRequest(key, route.mutating ? 'write' : 'read', now)
  tellAnyway(event, used)
  if (refusal) throw refusal
  const { id: keyId, tenantId, role, scopes } = key
  const principal = { keyId, tenantId, role, scopes }
  authorise(principal, route.access)
  const input = readInput(route, event)
  const expects = (version: number) => hold(input.ifMatch, version)
  return {
    input,
    request: { ...openRequest<N>(input, event, trace, now), principal, key, expects },
  }
}

const openRequest = <N extends RouteName>(
  input: Input,
  { headers }: HttpEvent,
  trace: Trace,
  now: number,
): OpenRequest<N> => ({
  params: input.params as OpenRequest<N>['params'],
  query: input.query as OpenRequest<N>['query'],
  body: input.body as OpenRequest<N>['body'],
  headers,
  now,
  at: new Date(now).toISOString(),
  trace,
})

const hold = (ifMatch: string | undefined, version: number) => {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch === etagOf(version)) return
  throw new Failure('PRECONDITION_FAILED', undefined, { etag: etagOf(version) })
}
