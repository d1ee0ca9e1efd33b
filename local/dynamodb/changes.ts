/**
 * The log behind a table's stream: every change of an item, written in the transaction that made it,
 * under a number that only rises. Consumers read it in order (stream.ts).
 */
import { itemBytes } from './attribute-values.ts'
import type { Item } from './attribute-values.ts'
import { limits } from './limits.ts'
import type { World } from './operation.ts'
import type { Storage } from './storage.ts'
import { keyAttributes, pick, streamArnOf } from './table.ts'
import type { Table } from './table.ts'

export interface StreamRecord {
  eventID: string
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  eventVersion: '1.1'
  eventSource: 'aws:dynamodb'
  awsRegion: string
  dynamodb: {
    ApproximateCreationDateTime: number
    Keys: Item
    NewImage?: Item
    OldImage?: Item
    SequenceNumber: string
    SizeBytes: number
    StreamViewType: string
  }
  eventSourceARN: string
  userIdentity?: { type: 'Service'; principalId: 'dynamodb.amazonaws.com' }
}

export interface ChangeRow {
  sequence: number
  keys: string
  old: string | null
  new: string | null
  bytes: number
  at: number
  expired: number
}

export function recordChange(
  world: World,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
  cause: 'request' | 'expiry',
): void {
  const keys = pick(
    (after ?? before)!,
    keyAttributes(table.key).map(({ name }) => name),
  )
  world.storage.run(
    'INSERT INTO ddb_change (table_id, keys, old, new, bytes, at, expired) VALUES (?, ?, ?, ?, ?, ?, ?)',
    table.id,
    JSON.stringify(keys),
    before ? JSON.stringify(before) : null,
    after ? JSON.stringify(after) : null,
    itemBytes(keys) + (before ? itemBytes(before) : 0) + (after ? itemBytes(after) : 0),
    world.clock.now(),
    cause === 'expiry' ? 1 : 0,
  )
  world.changed(table)
}

export function changesAfter(
  storage: Storage,
  tableId: number,
  sequence: number,
  count: number,
): ChangeRow[] {
  return storage
    .statement(
      `SELECT sequence, keys, old, new, bytes, at, expired FROM ddb_change
       WHERE table_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
    )
    .all(tableId, sequence, count) as unknown as ChangeRow[]
}

/** Forgets what every consumer of the table has passed. */
export function trimPassed(storage: Storage, tableId: number): void {
  storage.run(
    `DELETE FROM ddb_change WHERE table_id = ?1 AND sequence <=
       (SELECT min(checkpoint) FROM ddb_consumer WHERE table_id = ?1)`,
    tableId,
  )
}

/** Forgets what is a day old, as the service does, whoever has not read it; says how many. */
export function trimAged(storage: Storage, now: number): number {
  const limit = now - limits.streamRetentionMs
  // Sequence follows time, so the first record says whether there is anything to look for.
  const oldest = storage.statement('SELECT at FROM ddb_change ORDER BY sequence LIMIT 1').get() as
    { at: number } | undefined
  if (!oldest || oldest.at >= limit) return 0
  return Number(storage.run('DELETE FROM ddb_change WHERE at < ?', limit).changes)
}

/** A change as a Lambda function receives it from a table's stream. */
export function streamRecord(table: Table, row: ChangeRow): StreamRecord {
  const view = table.stream!.view
  const withNew = row.new !== null && (view === 'NEW_AND_OLD_IMAGES' || view === 'NEW_IMAGE')
  const withOld = row.old !== null && (view === 'NEW_AND_OLD_IMAGES' || view === 'OLD_IMAGE')
  return {
    eventID: `${table.id}-${row.sequence}`,
    eventName: row.old === null ? 'INSERT' : row.new === null ? 'REMOVE' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'local',
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(row.at / 1000),
      Keys: JSON.parse(row.keys) as Item,
      ...(withNew && { NewImage: JSON.parse(row.new!) as Item }),
      ...(withOld && { OldImage: JSON.parse(row.old!) as Item }),
      SequenceNumber: sequenceNumber(row.sequence),
      SizeBytes: row.bytes,
      StreamViewType: view,
    },
    eventSourceARN: streamArnOf(table)!,
    ...(row.expired === 1 && {
      userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' },
    }),
  }
}

/** As long as the service's shortest, so that texts sort as the numbers do. */
export function sequenceNumber(sequence: number): string {
  return String(sequence).padStart(21, '0')
}
