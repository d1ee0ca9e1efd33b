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

export const eventsAfter = async (tenantId: string, after: number): Promise<Event[]> => {
  const { items } = await query({
    partition: partitions.events(tenantId),
    after: sequenceText(after),
    limit: pageSize,
  })
  const events = items.map(({ event }) => event as Event)
  const first = events[0]
  const oldest = first ? Number(first.sequence) : (await lastSequence(tenantId)) + 1
  if (oldest > after + 1) throw new Failure('EVENTS_EXPIRED', undefined, { after, oldest })
  return events
}

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
