/** ListTables, in the order of their names. */
import type { Operation } from '../operation.ts'
import { positive, text } from '../parameters.ts'

interface ListTablesInput {
  ExclusiveStartTableName?: string
  Limit?: number
}

export const listTables: Operation<ListTablesInput> = {
  parameters: { ExclusiveStartTableName: text, Limit: positive },
  writes: false,
  run({ catalogue }, { ExclusiveStartTableName = '', Limit = 100 }) {
    const names = catalogue
      .all()
      .map(({ name }) => name)
      .filter((name) => name > ExclusiveStartTableName)
      .sort()
    const page = names.slice(0, Limit)
    return {
      TableNames: page,
      ...(page.length < names.length && { LastEvaluatedTableName: page.at(-1) }),
    }
  },
}
