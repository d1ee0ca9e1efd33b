/** The numbered event log of a tenant, as readers see it: what comes after a number, without a gap. */
import { sequenceText, type Event } from '../../core/contract/event.ts'
import { Failure } from '../../core/contract/failures.ts'
import { clock } from './clock.ts'
import { keyOf, partitions } from './keys.ts'
import { get, query } from './table.ts'

const pageSize = 100

/** The number of the last event; 0 before the first. */
export const lastSequence = async (tenantId: string): Promise<number> =>
  Number((await get(keyOf.sequence(tenantId)))?.last ?? 0)

const pageAfter = async (tenantId: string, after: number): Promise<Event[]> => {
  const range = { partition: partitions.events(tenantId), after: sequenceText(after) }
  return (await query({ ...range, limit: pageSize })).items.map(({ event }) => event as Event)
}

/** The next events after that number; refused where there is a gap, or where the log has not come so far. */
export const eventsAfter = async (tenantId: string, after: number): Promise<Event[]> => {
  const events = await pageAfter(tenantId, after)
  if (events[0]) return withoutGap(events, after)
  const last = await lastSequence(tenantId)
  if (last < after) throw notSoFar(last)
  if (last === after) return []
  // Told between our two looks, or no longer kept: a third one knows.
  return withoutGap(await pageAfter(tenantId, after), after, last + 1)
}

const withoutGap = (events: Event[], after: number, otherwise = 0): Event[] => {
  const oldest = events[0] ? Number(events[0].sequence) : otherwise
  if (oldest > after + 1) throw new Failure('EVENTS_EXPIRED', undefined, { after, oldest })
  return events
}

const notSoFar = (last: number) =>
  new Failure('INPUT_INVALID', `The last event has the number ${last}.`, {}, [
    {
      in: 'query',
      pointer: 'after',
      detail: `must not be beyond the last event, which is ${last}; is this still the same installation?`,
    },
  ])

/** As soon as there are any, or none after `seconds`. */
export const awaitEvents = async (tenantId: string, after: number, seconds: number) => {
  const end = clock.now() + seconds * 1000
  for (let pause = 25; ; pause = Math.min(pause * 2, 500)) {
    const events = await eventsAfter(tenantId, after)
    const left = end - clock.now()
    if (events.length > 0 || left <= 0) return events
    await clock.sleep(Math.min(pause, left))
  }
}
