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

const looks = 4

/**
 * The next events after that number, in a row. A batch is written in one transaction, but a query may see parts of it
 * before the rest: what comes after a hole is not told before the hole is filled. A hole that stays is what is no
 * longer kept.
 */
export const eventsAfter = async (tenantId: string, after: number): Promise<Event[]> => {
  for (let look = 1; ; look++) {
    const found = await pageAfter(tenantId, after)
    const events = inARow(found, after)
    if (events.length > 0) return events
    const last = await lastSequence(tenantId)
    if (found.length === 0 && last === after) return []
    if (look === looks) throw last < after ? notSoFar(last) : expired(after, found[0], last)
    await clock.sleep(25 * look)
  }
}

const inARow = (events: readonly Event[], after: number): Event[] => {
  const hole = events.findIndex(({ sequence }, at) => Number(sequence) !== after + 1 + at)
  return hole === -1 ? [...events] : events.slice(0, hole)
}

const expired = (after: number, first: Event | undefined, last: number) =>
  new Failure('EVENTS_EXPIRED', undefined, {
    after,
    oldest: first ? Number(first.sequence) : last + 1,
  })

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
