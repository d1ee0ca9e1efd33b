/**
 * What the functions behind the WebSocket share: the event's shape, whose connection it is, and how a failure is told:
 * to whoever wants to connect by refusing, to whoever sent a message by an answer over the socket.
 */
import type { APIGatewayProxyWebsocketEventV2 } from 'aws-lambda'
import { ensureUsable, type StoredKey } from '../../core/api-key.ts'
import { Failure, problemOf } from '../../core/contract/failures.ts'
import { clock } from './clock.ts'
import { post } from './doorbell.ts'
import { failureOf } from './handler.ts'
import { resourceOf } from './items.ts'
import { keyOf } from './keys.ts'
import { log } from './log.ts'
import { countRequest } from './rate-limit.ts'
import { get } from './table.ts'

export type SocketEvent = APIGatewayProxyWebsocketEventV2 & {
  headers?: Record<string, string | undefined>
}

export interface Connection {
  tenantId?: string
  keyId?: string
  hostId?: string
}

export const connectionOf = async (connectionId: string): Promise<Connection> => {
  const item = await get(keyOf.connection(connectionId))
  if (!item) throw new Failure('CREDENTIAL_MISSING')
  return item as Connection
}

/** A connection outlives its request: the key behind it is looked at again, and charged a read, for each message. */
export const chargeMessage = async (keyId: string | undefined): Promise<StoredKey> => {
  const now = clock.now()
  const item = keyId === undefined ? undefined : await get(keyOf.apiKey(keyId))
  const key = ensureUsable(item && resourceOf<StoredKey>(item), now)
  const { refusal } = await countRequest(key, 'read', now)
  if (refusal) throw refusal
  return key
}

export const socketHandler =
  (handle: (event: SocketEvent) => Promise<object>) => async (event: SocketEvent) => {
    try {
      return { statusCode: 200, body: JSON.stringify(await handle(event)) }
    } catch (error) {
      const failure = failureOf(error)
      if (failure.code === 'INTERNAL') log('error', 'bug', { stack: (error as Error).stack })
      // Whoever comes over a socket knows the API under another name than we see here.
      const problem = problemOf(failure, { origin: '$NOVACRON_URL' })
      const { connectionId, eventType } = event.requestContext
      if (eventType === 'MESSAGE') await post(connectionId, { kind: 'problem', problem })
      return { statusCode: problem.status, body: JSON.stringify(problem) }
    }
  }
