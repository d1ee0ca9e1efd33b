/**
 * {"action":"watch","after":n} — the events after n, over the socket. The watcher asks and keeps its own place; a bell
 * tells it when asking is worth while. So nothing is lost or repeated, whatever happens to the connection.
 */
import { authorise } from '../../core/access.ts'
import { routes } from '../../core/contract/api.ts'
import { WatchRequest, type Event, type WatchAnswer } from '../../core/contract/event.ts'
import { Failure } from '../../core/contract/failures.ts'
import { post } from '../aws/doorbell.ts'
import { eventsAfter } from '../aws/event-log.ts'
import { chargeMessage, connectionOf, socketHandler } from '../aws/socket.ts'

const watcherOf = async (connectionId: string): Promise<string> => {
  const { keyId } = await connectionOf(connectionId)
  const { id, tenantId, role, scopes } = await chargeMessage(keyId)
  authorise({ keyId: id, tenantId, role, scopes }, routes['read-events'].access)
  return tenantId
}

const afterOf = (body: string | undefined): number => {
  try {
    return WatchRequest.parse(JSON.parse(body ?? '')).after
  } catch {
    throw new Failure(
      'INPUT_INVALID',
      'A watch message is {"action":"watch","after":<number>}.',
      {},
      [
        {
          in: 'body',
          pointer: '/after',
          detail: 'must be the number of the last event seen, or 0',
        },
      ],
    )
  }
}

/** API Gateway takes 128 kB in a message; an event is far smaller, many are not. */
const messageBytes = 100_000

/** As many as go into one message. The watcher asks again until it is told none. */
const fitting = (events: readonly Event[]) => {
  let bytes = 0
  return events.filter((event, at) => {
    bytes += Buffer.byteLength(JSON.stringify(event))
    return bytes <= messageBytes || at === 0
  })
}

export const handler = socketHandler(async ({ body, requestContext: { connectionId } }) => {
  const tenantId = await watcherOf(connectionId)
  const after = afterOf(body)
  const events = fitting(await eventsAfter(tenantId, after))
  const next = Number(events.at(-1)?.sequence ?? after)
  await post(connectionId, { kind: 'events', events, next } satisfies WatchAnswer)
  return {}
})
