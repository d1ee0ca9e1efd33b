/**
 * The table's stream → events. Nobody sends an event by hand: what was written is what is told, so no step can forget
 * one. A batch may come twice; each change has an id of its own and is told once.
 */
import { createHash } from 'node:crypto'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { eventTypes, type EventType } from '../../core/contract/event.ts'
import { happening, pathOf, type Seen, type Told } from '../../core/happening.ts'
import { traceparentOf } from '../../core/trace.ts'
import { appendEvents, type Untold } from '../aws/append-events.ts'
import { clock } from '../aws/clock.ts'
import { ringWatchers } from '../aws/doorbell.ts'
import { resourceOf } from '../aws/items.ts'
import { changeIn } from '../aws/stream-record.ts'

const told: ReadonlySet<string> = new Set<Told>(['tenant', 'apiKey', 'host', 'vm', 'operation'])
/** The stream knows only the second of an end; it was not before the last change all the same. */
const later = (one: string, other: string) => (one > other ? one : other)

/** The same for the same change, however often it is delivered. */
const spanOf = (eventId: string) => createHash('sha256').update(eventId).digest('hex').slice(0, 16)

const eventOf = (record: DynamoDBRecord): Untold | undefined => {
  const { before, after, moment } = changeIn(record)
  const item = after ?? before
  if (!item || !told.has(item.is)) return undefined
  const what = item.is as Told
  const type = happening(what, before as Seen | undefined, after as Seen | undefined)
  if (!type) return undefined
  const tenantId = (what === 'tenant' ? item.id : item.tenantId) as string
  const visible = resourceOf<Record<string, unknown>>(item)
  const traceId = visible.traceId
  return {
    specversion: '1.0',
    id: `evt-${record.eventID}`,
    source: `//novacron.dev/tenants/${tenantId}`,
    type,
    subject: pathOf(what, String(item.id)),
    time: after ? String(visible.updatedAt) : later(String(visible.updatedAt), moment),
    datacontenttype: 'application/json',
    tenantid: tenantId,
    ...(typeof traceId === 'string' && {
      traceparent: traceparentOf({ traceId, parentId: spanOf(record.eventID!) }),
    }),
    data: tellable(type, visible),
  }
}

/**
 * What the contract says of such a resource, and nothing else. Not held against its shapes: an image written before the
 * last change of the contract has happened too, and an event that is dropped would be a gap nobody sees.
 */
const tellable = (type: EventType, resource: Record<string, unknown>) =>
  Object.fromEntries(
    Object.keys(eventTypes[type].shape)
      .filter((name) => name in resource)
      .map((name) => [name, resource[name]]),
  )

export const handler = async (event: DynamoDBStreamEvent): Promise<void> => {
  const byTenant = Map.groupBy(
    event.Records.map(eventOf).filter((untold) => untold !== undefined),
    ({ tenantid }) => tenantid,
  )
  const now = clock.now()
  for (const [tenantId, events] of byTenant) {
    await appendEvents(tenantId, events, now)
    await ringWatchers(tenantId)
  }
}
