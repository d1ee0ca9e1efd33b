/** How an agent's request is served: the signature is proven, once; the host it names is the only one it acts for. */
import type * as z from 'zod'
import { routes, type RouteName, type Routes } from '../../core/contract/api.ts'
import type { Host } from '../../core/contract/resources.ts'
import type { Signable } from '../../core/contract/signature.ts'
import type { Trace } from '../../core/trace.ts'
import { clock } from './clock.ts'
import { authenticateHost } from './credentials.ts'
import { httpHandler, type HttpEvent } from './handler.ts'
import { rawBody, readInput } from './request.ts'
import { render } from './response.ts'

type AgentRoute = { [N in RouteName]: Routes[N]['caller'] extends 'agent' ? N : never }[RouteName]

export interface AgentRequest<N extends AgentRoute> {
  body: z.infer<Routes[N]['body']>
  now: number
  at: string
  trace: Trace
}

export const signableOf = (event: HttpEvent): Signable => ({
  method: event.requestContext.http.method,
  path: event.rawPath,
  body: rawBody(event),
})

const requestOf = <N extends AgentRoute>(name: N, event: HttpEvent, trace: Trace, now: number) => {
  const { body } = readInput(routes[name], event)
  return { body, now, at: new Date(now).toISOString(), trace } as AgentRequest<N>
}

export const serve = <N extends AgentRoute>(
  name: N,
  verb: (request: AgentRequest<N> & { host: Host }) => Promise<object>,
) =>
  httpHandler(async (event, trace) => {
    const now = clock.now()
    const host = await authenticateHost(signableOf(event), event.headers.authorization, now)
    const body = await verb({ ...requestOf(name, event, trace, now), host })
    return render({ status: 200, headers: {}, body })
  })

/** For a host that is not known yet: the verb itself has to find out whom to believe. */
export const serveStranger = <N extends AgentRoute>(
  name: N,
  verb: (request: AgentRequest<N> & { event: HttpEvent }) => Promise<object>,
) =>
  httpHandler(async (event, trace) => {
    const request = requestOf(name, event, trace, clock.now())
    return render({ status: 200, headers: {}, body: await verb({ ...request, event }) })
  })
