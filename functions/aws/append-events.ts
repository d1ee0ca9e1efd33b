/**
 * Numbers events and puts them into a tenant's log: number, event and the mark that it was told in one transaction, so
 * that a batch delivered twice, or by two at once, is told once and the numbers have no gap.
 */
import { sequenceText, type Event } from '../../core/contract/event.ts'
import { lastSequence } from './event-log.ts'
import { plainItem, until } from './items.ts'
import { keyOf } from './keys.ts'
import { commit, untilCommitted, type Write } from './commit.ts'
import { get, getMany } from './table.ts'

export type Untold = Omit<Event, 'sequence'>

const keptSeconds = 7 * 24 * 3600
/** Two items an event and one counter; a transaction holds a hundred. */
const batch = 40

export const appendEvents = async (
  tenantId: string,
  events: readonly Untold[],
  now: number,
): Promise<void> => {
  for (let from = 0; from < events.length; from += batch)
    await untilCommitted(() => appendBatch(tenantId, events.slice(from, from + batch), now))
}

const appendBatch = async (
  tenantId: string,
  events: readonly Untold[],
  now: number,
): Promise<void> => {
  const told = new Set(
    (await getMany(events.map(({ id }) => keyOf.eventId(id)))).map(({ pk }) => pk),
  )
  const untold = events.filter(({ id }) => !told.has(keyOf.eventId(id).pk))
  if (untold.length === 0) return
  const last = await lastSequence(tenantId)
  const ttl = until(now, keptSeconds)
  const writes = untold.flatMap((event, at): Write[] => {
    const sequence = sequenceText(last + 1 + at)
    const key = keyOf.event(tenantId, sequence)
    return [
      { create: plainItem(keyOf.eventId(event.id), { sequence, ttl }) },
      { create: plainItem(key, { event: { ...event, sequence }, ttl }) },
    ]
  })
  await commit([...writes, await counted(tenantId, last, untold.length)])
}

const counted = async (tenantId: string, last: number, by: number): Promise<Write> => {
  const key = keyOf.sequence(tenantId)
  const item = plainItem(key, { last: last + by, version: last + by })
  return (await get(key)) ? { replace: item, was: last } : { create: item }
}
