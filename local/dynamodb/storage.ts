/**
 * The rows. One row per item and one per index entry, keyed by order-preserving bytes, so that every
 * read is a walk along a B-tree from a known place. All statements are prepared once. What is written
 * together is written in one SQLite transaction and acknowledged after its commit.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Item } from './attribute-values.ts'
import type { EncodedKey } from './keys.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS ddb_table (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, definition TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS ddb_item (
    id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL,
    size INTEGER NOT NULL, expires INTEGER, json TEXT NOT NULL);
  CREATE UNIQUE INDEX IF NOT EXISTS ddb_item_key ON ddb_item (table_id, hash, range);
  CREATE INDEX IF NOT EXISTS ddb_item_expiry ON ddb_item (table_id, expires)
    WHERE expires IS NOT NULL;
  CREATE TABLE IF NOT EXISTS ddb_entry (
    id INTEGER PRIMARY KEY, index_id INTEGER NOT NULL, index_hash BLOB NOT NULL,
    index_range BLOB NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL,
    size INTEGER NOT NULL, json TEXT NOT NULL);
  CREATE UNIQUE INDEX IF NOT EXISTS ddb_entry_key
    ON ddb_entry (index_id, index_hash, index_range, hash, range);
  CREATE TABLE IF NOT EXISTS ddb_change (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL, keys TEXT NOT NULL,
    old TEXT, new TEXT, bytes INTEGER NOT NULL, at INTEGER NOT NULL, expired INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS ddb_consumer (
    table_id INTEGER NOT NULL, name TEXT NOT NULL, checkpoint INTEGER NOT NULL,
    PRIMARY KEY (table_id, name));
  CREATE TABLE IF NOT EXISTS ddb_dead_letter (
    id INTEGER PRIMARY KEY, consumer TEXT NOT NULL, sequence INTEGER NOT NULL,
    record TEXT NOT NULL, error TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS ddb_token (
    token TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS ddb_token_age ON ddb_token (at);
`

export interface StoredItem {
  id: number
  item: Item
  bytes: number
}

export interface EntryRow {
  indexId: number
  key: EncodedKey
  of: EncodedKey
  json: string
  bytes: number
}

export type SqlValue = null | number | bigint | string | Uint8Array

export class Storage {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
    db.exec(schema)
  }

  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  run(
    sql: string,
    ...values: SqlValue[]
  ): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return this.statement(sql).run(...values)
  }

  /** All of `work`'s writes, or none; durable when it returns. */
  transaction<Result>(work: () => Result): Result {
    this.statement('BEGIN IMMEDIATE').run()
    try {
      const result = work()
      this.statement('COMMIT').run()
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.statement('ROLLBACK').run()
      throw error
    }
  }

  /** What `work` answers, while nothing of what it writes remains. */
  rehearse<Result>(work: () => Result): Result {
    this.statement('BEGIN IMMEDIATE').run()
    try {
      return work()
    } finally {
      if (this.#db.isTransaction) this.statement('ROLLBACK').run()
    }
  }

  item(tableId: number, key: EncodedKey): StoredItem | undefined {
    const row = this.statement(
      'SELECT id, json, size FROM ddb_item WHERE table_id = ? AND hash = ? AND range = ?',
    ).get(tableId, key.hash, key.range) as { id: number; json: string; size: number } | undefined
    return row && { id: row.id, item: JSON.parse(row.json) as Item, bytes: row.size }
  }

  insertItem(
    tableId: number,
    key: EncodedKey,
    json: string,
    bytes: number,
    expires: number | null,
  ): void {
    this.run(
      'INSERT INTO ddb_item (table_id, hash, range, json, size, expires) VALUES (?, ?, ?, ?, ?, ?)',
      tableId,
      key.hash,
      key.range,
      json,
      bytes,
      expires,
    )
  }

  updateItem(id: number, json: string, bytes: number, expires: number | null): void {
    this.run(
      'UPDATE ddb_item SET json = ?, size = ?, expires = ? WHERE id = ?',
      json,
      bytes,
      expires,
      id,
    )
  }

  deleteItem(id: number): void {
    this.run('DELETE FROM ddb_item WHERE id = ?', id)
  }

  putEntry({ indexId, key, of, json, bytes }: EntryRow): void {
    this.run(
      `INSERT INTO ddb_entry (index_id, index_hash, index_range, hash, range, json, size)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET json = excluded.json, size = excluded.size`,
      indexId,
      key.hash,
      key.range,
      of.hash,
      of.range,
      json,
      bytes,
    )
  }

  deleteEntry(indexId: number, key: EncodedKey, of: EncodedKey): void {
    this.run(
      `DELETE FROM ddb_entry
       WHERE index_id = ? AND index_hash = ? AND index_range = ? AND hash = ? AND range = ?`,
      indexId,
      key.hash,
      key.range,
      of.hash,
      of.range,
    )
  }
}
