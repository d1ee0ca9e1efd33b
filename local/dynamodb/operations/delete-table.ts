/** DeleteTable: the table, its items, its index entries and its stream, at once. */
import { invalid, tableNotFound } from '../errors.ts'
import type { Operation } from '../operation.ts'
import { requiredText } from '../parameters.ts'
import { describe } from '../table.ts'

export const deleteTable: Operation<{ TableName: string }> = {
  parameters: { TableName: requiredText },
  writes: true,
  run({ catalogue, storage }, { TableName }) {
    const table = catalogue.find(TableName)
    if (!table) throw tableNotFound(TableName)
    if (table.deletionProtection) {
      throw invalid(
        'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
      )
    }
    storage.run('DELETE FROM ddb_item WHERE table_id = ?', table.id)
    for (const { id } of table.indexes) {
      storage.run('DELETE FROM ddb_entry WHERE index_id IN (?, ?)', id, -id)
    }
    storage.run('DELETE FROM ddb_change WHERE table_id = ?', table.id)
    storage.run('DELETE FROM ddb_consumer WHERE table_id = ?', table.id)
    catalogue.remove(table)
    const description = describe(table, { items: 0, bytes: 0 })
    return { TableDescription: { ...description, TableStatus: 'DELETING' } }
  },
}
