/**
 * The table's stream → events. Nobody sends an event by hand: what was written is what is told, so no step can forget
 * one. A batch may come twice; each change has an id of its own and is told once.
 */
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { systemClock } from '../../core/clock.ts'
import { eventTypes } from '../../core/contract/event.ts'
import { happening, pathOf, type Seen, type Told } from '../../core/happening.ts'
import { traceparentOf } from '../../core/trace.ts'
import { appendEvents, type Untold } from '../aws/append-events.ts'
import { ringWatchers } from '../aws/doorbell.ts'
import type { Item } from '../aws/items.ts'
import { resourceOf } from '../aws/items.ts'

const told: ReadonlySet<string> = new Set<Told>(['tenant', 'apiKey', 'host', 'vm', 'operation'])
type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage']

const imageOf = (image: Image): (Item & Seen) | undefined =>
  image && (unmarshall(image as Parameters<typeof unmarshall>[0]) as Item & Seen)

/** The stream knows the second; a resource that still is knows the millisecond. */
const momentOf = ({ dynamodb }: DynamoDBRecord) =>
  new Date((dynamodb?.ApproximateCreationDateTime ?? 0) * 1000).toISOString()

const eventOf = (record: DynamoDBRecord): Untold | undefined => {
  const before = imageOf(record.dynamodb?.OldImage)
  const after = imageOf(record.dynamodb?.NewImage)
  const item = after ?? before
  if (!item || !told.has(item.is)) return undefined
  const what = item.is as Told
  const type = happening(what, before, after)
  if (!type) return undefined
  const tenantId = (what === 'tenant' ? item.id : item.tenantId) as string
  const { secretHash, ...visible } = resourceOf<Record<string, unknown>>(item)
  const traceId = visible.traceId
  return {
    specversion: '1.0',
    id: `evt-${record.eventID}`,
    source: `//novacron.dev/tenants/${tenantId}`,
    type,
    subject: pathOf(what, item.id),
    time: after ? String(visible.updatedAt) : momentOf(record),
    datacontenttype: 'application/json',
    tenantid: tenantId,
    ...(typeof traceId === 'string' && {
      traceparent: traceparentOf({ traceId, parentId: traceId.slice(0, 16) }),
    }),
    data: eventTypes[type].parse(visible),
  }
}

export const handler = async (event: DynamoDBStreamEvent): Promise<void> => {
  const byTenant = Map.groupBy(
    event.Records.map(eventOf).filter((untold) => untold !== undefined),
    ({ tenantid }) => tenantid,
  )
  const now = systemClock.now()
  for (const [tenantId, events] of byTenant) {
    await appendEvents(tenantId, events, now)
    await ringWatchers(tenantId)
  }
}
