/**
 * API Gateway's HTTP API on this machine: routes of core/contract/api.ts become events of the functions that answer
 * them. It listens on the loopback address only, opens nothing to web pages (no CORS, no foreign host names), bounds
 * what a client may send and how slowly, and turns whatever goes wrong behind it into an answer.
 */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import { giveTime } from '../give-time.ts'
import type { Invoke } from '../lambda/adversity.ts'
import { LambdaError } from '../lambda/failures.ts'
import type { Log } from '../log.ts'
import {
  httpHeaderBytes,
  httpBodyBytes,
  integrationTimeoutMs,
  requestArrivesMs,
} from './gateway-limits.ts'
import { httpAnswer, send, type HttpAnswer } from './http-answer.ts'
import { httpEvent, splitTarget } from './http-event.ts'
import { catchAll, matchRoute, type Match } from './match-route.ts'
import { readBody } from './read-body.ts'
import { isOurs, refusal, refuseRaw } from './refuse.ts'

export interface HttpOptions {
  invoke: Invoke
  clock: Clock
  log: Log
  /** Whether a request may leave HTTP, and what then becomes of its connection. */
  upgrades: (request: IncomingMessage) => boolean
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

export function httpServer(options: HttpOptions): Server {
  const server = createServer(
    {
      maxHeaderSize: httpHeaderBytes,
      headersTimeout: requestArrivesMs / 3,
      requestTimeout: requestArrivesMs,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 60_000,
      shouldUpgradeCallback: options.upgrades,
    },
    (request, response) => void answerRequest(request, response, options, server),
  )
  // A client that neither reads its answer nor goes away.
  server.setTimeout(2 * integrationTimeoutMs)
  server.maxConnections = 4_000
  server.on('upgrade', options.upgrade)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? '']
    refuseRaw(socket, status ?? 400)
  })
  return server
}

async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
  server: Server,
): Promise<void> {
  const requestId = randomUUID()
  response.on('error', () => {})
  response.setHeader('apigw-requestid', requestId)
  let answer: HttpAnswer
  try {
    answer = await answerFor(request, requestId, options)
  } catch (error) {
    options.log('gateway.failed', { requestId, error: String(error) })
    answer = refusal(request, 'INTERNAL')
  }
  if (!request.complete || !server.listening) response.shouldKeepAlive = false
  try {
    send(response, answer)
  } catch (error) {
    options.log('gateway.failed', { requestId, error: String(error) })
    send(response, refusal(request, 'INTERNAL'))
  }
}

async function answerFor(
  request: IncomingMessage,
  requestId: string,
  { invoke, clock, log }: HttpOptions,
): Promise<HttpAnswer> {
  if (!isOurs(request.headers.host))
    return refusal(request, 'ADDRESS_REFUSED', { host: request.headers.host ?? '' })
  const body = await readBody(request)
  if (body === 'broken off') return refusal(request, 'BROKEN_JSON')
  if (body === 'too large') return refusal(request, 'BODY_TOO_LARGE', { limitBytes: httpBodyBytes })
  const match = matchRoute(request.method ?? 'GET', splitTarget(request.url ?? '/').rawPath)
  const event = httpEvent({ request, match, body, requestId, at: clock.now() })
  try {
    const running = invoke(match.function, event)
    const inTime = await giveTime(clock, integrationTimeoutMs, running)
    return inTime ? httpAnswer(await running) : refusal(request, 'CLOUD_UNAVAILABLE')
  } catch (error) {
    log('function.failed', { function: match.function, requestId, error: String(error) })
    return refusalOf(error, request, match)
  }
}

function refusalOf(error: unknown, request: IncomingMessage, match: Match): HttpAnswer {
  if (error instanceof LambdaError && error.name === 'RequestTooLargeException')
    return refusal(request, 'BODY_TOO_LARGE', { limitBytes: httpBodyBytes })
  if (error instanceof LambdaError && error.name === 'TooManyRequestsException')
    return refusal(request, 'CLOUD_UNAVAILABLE')
  if (match === catchAll) return refusal(request, 'ROUTE_UNKNOWN')
  return refusal(request, 'INTERNAL')
}
