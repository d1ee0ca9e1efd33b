/**
 * The `@connections` API of a WebSocket API, as a request handler for the SDK's client: send to a connection, look
 * at it, end it. Whoever is gone is answered with 410, which callers must expect at any time.
 */
import type { Service } from '../../functions/aws/clients.ts'
import { socketMessageBytes } from './gateway-limits.ts'
import type { Sockets } from './sockets.ts'

interface Request {
  method: string
  path: string
  body?: string | Uint8Array
}
type Response = Awaited<ReturnType<Service['handle']>>

export const connectionsApi = (sockets: Sockets): Service => ({
  handle: async (request) => ({ response: respond(sockets, request as Request) }),
})

function respond(sockets: Sockets, { method, path, body }: Request): Response['response'] {
  const id = /^\/@connections\/([^/]+)$/.exec(path)?.[1]
  if (id === undefined) return refuse(403, 'ForbiddenException', `${method} ${path} is not served`)
  const connection = sockets.find(decodeURIComponent(id))
  const data = Buffer.from(body ?? '')
  if (method === 'POST' && data.length > socketMessageBytes)
    return refuse(413, 'PayloadTooLargeException', 'Message too long')
  if (!connection) return refuse(410, 'GoneException', 'The connection is gone')
  if (method === 'POST') {
    const sent = sockets.send(connection.id, data)
    return sent ? answer(200) : refuse(410, 'GoneException', 'The connection is gone')
  }
  if (method === 'DELETE') {
    connection.socket.close(1000, 'Connection Closed Normally')
    return answer(204)
  }
  if (method !== 'GET') return refuse(403, 'ForbiddenException', `${method} is not served`)
  return answer(200, {
    connectedAt: new Date(connection.connectedAt).toISOString(),
    lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
    identity: { sourceIp: connection.sourceIp, userAgent: connection.userAgent },
  })
}

const answer = (statusCode: number, content?: object, headers: Record<string, string> = {}) => ({
  statusCode,
  headers: { ...headers, 'content-type': 'application/json' },
  body: Buffer.from(content ? JSON.stringify(content) : ''),
})

const refuse = (statusCode: number, name: string, message: string) =>
  answer(statusCode, { message }, { 'x-amzn-errortype': name })
