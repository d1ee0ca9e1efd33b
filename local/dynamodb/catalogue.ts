/** The tables there are. Definitions are kept in memory: this process is their only writer. */
import { invalid, tableNotFound } from './errors.ts'
import type { Storage } from './storage.ts'
import type { GlobalIndex, Table, TableDefinition } from './table.ts'

export class Catalogue {
  readonly #storage: Storage
  readonly #tables = new Map<string, Table>()
  #changed = false

  constructor(storage: Storage) {
    this.#storage = storage
    this.#load()
  }

  /** What was changed is durable. */
  keep(): void {
    this.#changed = false
  }

  /** What was changed was rolled back. */
  undo(): void {
    if (this.#changed) this.#load()
    this.#changed = false
  }

  #load(): void {
    this.#tables.clear()
    const rows = this.#storage.statement('SELECT id, definition FROM ddb_table').all()
    for (const row of rows as { id: number; definition: string }[]) {
      const definition = JSON.parse(row.definition) as TableDefinition
      this.#tables.set(definition.name, { ...definition, id: row.id })
    }
  }

  all(): Table[] {
    return [...this.#tables.values()]
  }

  find(name: string): Table | undefined {
    return this.#tables.get(name)
  }

  get(name: string): Table {
    const table = this.#tables.get(name)
    if (!table) throw tableNotFound()
    return table
  }

  add(define: (id: number) => TableDefinition): Table {
    const id = Number(
      this.#storage.run("INSERT INTO ddb_table (name, definition) VALUES ('', '')").lastInsertRowid,
    )
    const table = { ...define(id), id }
    this.save(table)
    return table
  }

  save(table: Table): void {
    this.#changed = true
    const { id, ...definition } = table
    this.#storage.run(
      'UPDATE ddb_table SET name = ?, definition = ? WHERE id = ?',
      table.name,
      JSON.stringify(definition),
      id,
    )
    this.#tables.set(table.name, table)
  }

  remove(table: Table): void {
    this.#changed = true
    this.#storage.run('DELETE FROM ddb_table WHERE id = ?', table.id)
    this.#tables.delete(table.name)
  }
}

export function indexOf(table: Table, name: string): GlobalIndex {
  const index = table.indexes.find((candidate) => candidate.name === name)
  if (!index) throw invalid(`The table does not have the specified index: ${name}`)
  return index
}
