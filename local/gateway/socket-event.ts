/** What happens on a WebSocket as a function sees it: API Gateway's WebSocket proxy event. */
import type { IncomingMessage } from 'node:http'
import { randomUUID } from 'node:crypto'
import { socketRoutes } from '../../core/contract/cloud.ts'
import { logTime, splitTarget } from './http-event.ts'

export type SocketRoute = keyof typeof socketRoutes

export interface Connected {
  id: string
  connectedAt: number
  sourceIp: string
  userAgent: string
  domainName: string
}

const happenings = { $connect: 'CONNECT', $disconnect: 'DISCONNECT' } as const

export function socketEvent(connection: Connected, route: SocketRoute, at: number) {
  const requestId = randomUUID()
  const eventType = route in happenings ? happenings[route as keyof typeof happenings] : 'MESSAGE'
  return {
    isBase64Encoded: false,
    requestContext: {
      routeKey: route as string,
      eventType,
      messageDirection: 'IN',
      connectionId: connection.id,
      connectedAt: connection.connectedAt,
      requestId,
      extendedRequestId: requestId,
      ...(eventType === 'MESSAGE' && { messageId: randomUUID() }),
      requestTime: logTime(at),
      requestTimeEpoch: at,
      identity: { sourceIp: connection.sourceIp, userAgent: connection.userAgent },
      domainName: connection.domainName,
      stage: 'v1',
      apiId: 'local',
    },
  }
}

export function connectEvent(connection: Connected, request: IncomingMessage) {
  const headers = pairs(request.rawHeaders)
  const query = [...new URLSearchParams(splitTarget(request.url ?? '/').rawQueryString)]
  return {
    ...socketEvent(connection, '$connect', connection.connectedAt),
    headers: Object.fromEntries(headers),
    multiValueHeaders: many(headers),
    ...(query.length > 0 && {
      queryStringParameters: Object.fromEntries(query),
      multiValueQueryStringParameters: many(query),
    }),
  }
}

export function disconnectEvent(connection: Connected, at: number, code: number, reason: string) {
  const event = socketEvent(connection, '$disconnect', at)
  return {
    ...event,
    requestContext: {
      ...event.requestContext,
      disconnectStatusCode: code,
      disconnectReason: reason,
    },
  }
}

/** A message goes to the route its `action` names; anything else to `$default`. */
export function routeOfMessage(text: string): SocketRoute {
  try {
    const { action } = JSON.parse(text) as { action?: unknown }
    if (
      typeof action === 'string' &&
      !action.startsWith('$') &&
      Object.hasOwn(socketRoutes, action)
    )
      return action as SocketRoute
  } catch {
    // Not JSON, or null: there is no action in it.
  }
  return '$default'
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : [],
  )
}

function many(entries: readonly [string, string][]): Record<string, string[]> {
  const grouped: Record<string, string[]> = {}
  for (const [name, value] of entries) (grouped[name] ??= []).push(value)
  return grouped
}
