/**
 * Items whose time has come. As on AWS an expired item stays readable until a sweep deletes it, and
 * the deletion appears in the stream under the service's own name.
 */
import { attributeOf } from './attribute-values.ts'
import type { Item } from './attribute-values.ts'
import type { Storage } from './storage.ts'
import type { Table } from './table.ts'

/** The second an item expires in, if it says so. */
export function expiryOf(table: Table, item: Item): number | null {
  if (table.timeToLive === undefined) return null
  const number = attributeOf(item, table.timeToLive)?.N
  if (number === undefined) return null
  const seconds = Math.floor(Number(number))
  return Number.isSafeInteger(seconds) ? seconds : null
}

/** Brings the expiry of all items in line with a table's setting, after it has changed. */
export function noteExpiries(storage: Storage, table: Table): void {
  storage.run(
    'UPDATE ddb_item SET expires = NULL WHERE table_id = ? AND expires IS NOT NULL',
    table.id,
  )
  if (table.timeToLive === undefined) return
  let last = -1
  for (;;) {
    const rows = storage
      .statement(
        'SELECT id, json FROM ddb_item WHERE table_id = ? AND id > ? ORDER BY id LIMIT 500',
      )
      .all(table.id, last) as { id: number; json: string }[]
    for (const { id, json } of rows) {
      const expires = expiryOf(table, JSON.parse(json) as Item)
      if (expires !== null) storage.run('UPDATE ddb_item SET expires = ? WHERE id = ?', expires, id)
      last = id
    }
    if (rows.length === 0) return
  }
}

export interface ExpiredRow {
  hash: Uint8Array
  range: Uint8Array
}

export function expiredItems(
  storage: Storage,
  table: Table,
  between: { after: number; until: number },
  count: number,
): ExpiredRow[] {
  return storage
    .statement(
      `SELECT hash, range FROM ddb_item
       WHERE table_id = ? AND expires > ? AND expires <= ? ORDER BY expires LIMIT ?`,
    )
    .all(table.id, between.after, between.until, count) as unknown as ExpiredRow[]
}
