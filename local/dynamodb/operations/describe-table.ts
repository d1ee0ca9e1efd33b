/** DescribeTable. The item count and size are exact; the service's are six hours old. */
import { tableNotFound } from '../errors.ts'
import type { Operation } from '../operation.ts'
import { requiredText } from '../parameters.ts'
import { describe } from '../table.ts'

export const describeTable: Operation<{ TableName: string }> = {
  parameters: { TableName: requiredText },
  writes: false,
  run({ catalogue, storage }, { TableName }) {
    const table = catalogue.find(TableName)
    if (!table) throw tableNotFound(TableName)
    const contents = storage
      .statement(
        'SELECT count(*) AS items, coalesce(sum(size), 0) AS bytes FROM ddb_item WHERE table_id = ?',
      )
      .get(table.id) as { items: number; bytes: number }
    return { Table: describe(table, contents) }
  },
}
