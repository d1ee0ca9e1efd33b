/**
 * GET /v1/events — an HTTP API ends every answer after 30 s, so this one ends within 25 and the reader comes back with
 * the last number it saw: Last-Event-ID, which every EventSource sends by itself when it comes back to the address it
 * began with; so that goes before `after`. JSON for whoever accepts only that.
 */
import type { Event } from '../../core/contract/event.ts'
import { Failure } from '../../core/contract/failures.ts'
import { answer } from '../aws/answer.ts'
import { awaitEvents, lastSequence } from '../aws/event-log.ts'
import { whileWaiting } from '../aws/waiting.ts'

const longestWait = 25

export const handler = answer('read-events', async ({ query, headers, principal, key }) => {
  const { tenantId } = principal
  const given = headers['last-event-id']
  const after =
    given === undefined ? (query.after ?? (await lastSequence(tenantId))) : numberOf(given)
  const wait = query.wait ?? longestWait
  const events = await whileWaiting(key, wait, () => awaitEvents(tenantId, after, wait))
  const next = Number(events.at(-1)?.sequence ?? after)
  if (/^application\/json\b/.test(headers.accept ?? '')) return { body: { events, next } }
  return { body: stream(events, next), headers: { 'content-type': 'text/event-stream' } }
})

const numberOf = (lastEventId: string) => {
  if (/^\d{1,12}$/.test(lastEventId)) return Number(lastEventId)
  throw new Failure('INPUT_INVALID', 'Last-Event-ID is not the number of an event.', {}, [
    { in: 'header', pointer: 'last-event-id', detail: 'must be the id of an event as it was sent' },
  ])
}

/** An answer without events still carries the id, so that a reader who began "now" does not lose its place. */
const stream = (events: readonly Event[], next: number) =>
  [
    'retry: 250\n\n',
    ...events.map(
      (event) =>
        `id: ${Number(event.sequence)}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
    ),
    ...(events.length === 0 ? [`id: ${next}\n: nothing new\n\n`] : []),
  ].join('')
