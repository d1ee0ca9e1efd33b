/**
 * One item's way from wish to row. First every write of a call is decided against the stored items
 * (condition, new item), then all are carried out: row, index entries and stream record together, in
 * the transaction the engine has opened. Nothing else in the house changes an item.
 */
import { itemBytes, itemsEqual } from './attribute-values.ts'
import type { Item } from './attribute-values.ts'
import { recordChange } from './changes.ts'
import { meets } from './conditions.ts'
import { writeUnits } from './consumed-capacity.ts'
import type { ConsumedCapacity } from './consumed-capacity.ts'
import { conditionFailed } from './errors.ts'
import type { Bound, ConditionTree } from './expression-trees.ts'
import { applyChange } from './index-lag.ts'
import type { EntryChange } from './index-lag.ts'
import { indexKeyOf } from './keys.ts'
import type { EncodedKey } from './keys.ts'
import type { World } from './operation.ts'
import type { Storage, StoredItem } from './storage.ts'
import { pick, projectedNames } from './table.ts'
import type { GlobalIndex, Table } from './table.ts'
import { expiryOf } from './time-to-live.ts'

export interface Version {
  item: Item
  bytes: number
}

export interface Write {
  table: Table
  key: EncodedKey
  condition: Bound<ConditionTree> | undefined
  /** Whether a failed condition shows the item as it is. */
  showOnFailure: boolean
  /** What becomes of the item: nothing means deleted. Absent when the write only checks. */
  next?: (before: Item | undefined) => Version | undefined
}

export interface Decision {
  write: Write
  before: StoredItem | undefined
  after: Version | undefined
}

export function versionOf(item: Item): Version {
  return { item, bytes: itemBytes(item) }
}

/** Reads the item and decides; throws when the condition fails or the new item may not be. */
export function decide(world: World, write: Write): Decision {
  world.contention?.refuse(write.table, write.key)
  const before = world.storage.item(write.table.id, write.key)
  if (before) world.counts.itemsRead++
  if (write.condition && !meets(before?.item, write.condition)) {
    throw conditionFailed(write.showOnFailure ? before?.item : undefined)
  }
  return { write, before, after: write.next?.(before?.item) }
}

export function carryOut(
  world: World,
  { write, before, after }: Decision,
  capacity: ConsumedCapacity,
  cause: 'request' | 'expiry' = 'request',
): void {
  const { table, key } = write
  capacity.add(table.name, writeUnits(before?.bytes ?? 0, after?.bytes ?? 0))
  if (!write.next || (!before && !after)) return
  world.counts.itemsWritten++
  const json = after ? JSON.stringify(after.item) : ''
  const { storage } = world
  writeRow(storage, { write, before, after }, json)
  if (before && after && itemsEqual(before.item, after.item)) return
  for (const index of table.indexes) {
    const changes = entryChanges(table, index, key, before, after && { ...after, json })
    for (const change of changes) {
      applyChange(storage, change, 1)
      const bytes = 'put' in change ? change.put.bytes : 0
      capacity.add(table.name, writeUnits(bytes, bytes), index.name)
    }
    if (world.lag.active && changes.length > 0) world.afterCommit(() => world.lag.follow(changes))
  }
  if (table.stream) recordChange(world, table, before?.item, after?.item, cause)
}

/** The item's own row, without what follows from it: index entries and stream record. */
export function writeRow(
  storage: Storage,
  { write: { table, key }, before, after }: Decision,
  json = after ? JSON.stringify(after.item) : '',
): void {
  if (after) {
    const expires = expiryOf(table, after.item)
    if (before) storage.updateItem(before.id, json, after.bytes, expires)
    else storage.insertItem(table.id, key, json, after.bytes, expires)
  } else if (before) {
    storage.deleteItem(before.id)
  }
}

function entryChanges(
  table: Table,
  index: GlobalIndex,
  of: EncodedKey,
  before: StoredItem | undefined,
  after: (Version & { json: string }) | undefined,
): EntryChange[] {
  const oldKey = before && indexKeyOf(index, before.item)
  const newKey = after && indexKeyOf(index, after.item)
  const changes: EntryChange[] = []
  const stays = oldKey && newKey && sameKey(oldKey, newKey)
  if (oldKey && !stays) changes.push({ remove: { indexId: index.id, key: oldKey, of } })
  if (!newKey) return changes
  const names = projectedNames(table, index)
  if (!names) {
    changes.push({
      put: { indexId: index.id, key: newKey, of, json: after.json, bytes: after.bytes },
    })
    return changes
  }
  const projected = pick(after.item, names)
  if (stays && itemsEqual(projected, pick(before!.item, names))) return changes
  const json = JSON.stringify(projected)
  changes.push({ put: { indexId: index.id, key: newKey, of, json, bytes: itemBytes(projected) } })
  return changes
}

function sameKey(a: EncodedKey, b: EncodedKey): boolean {
  return Buffer.compare(a.hash, b.hash) === 0 && Buffer.compare(a.range, b.range) === 0
}

/** One text per item of all tables. */
export function identityOf(table: Table, key: EncodedKey): string {
  const parts = [key.hash, key.range].map((part) => Buffer.from(part).toString('hex'))
  return [table.id, ...parts].join('/')
}

/** Whether two of the writes aim at one item. */
export function writesSameItem(writes: readonly Write[]): boolean {
  const identities = writes.map(({ table, key }) => identityOf(table, key))
  return new Set(identities).size < identities.length
}
