/** Writes resources to stdout the way -o asks for. */
import type { Cli } from './cli.ts'
import { fields, table, type Column } from './table.ts'
import type { Output } from './verb.ts'

interface Named {
  id: string
}

export const showMany = <T extends Named>(
  cli: Cli,
  output: Output,
  items: readonly T[],
  columns: readonly Column<T>[],
) => {
  if (output === 'json') cli.terminal.data(JSON.stringify({ items }, null, 2))
  else if (output === 'name') for (const { id } of items) cli.terminal.data(id)
  else if (items.length > 0) cli.terminal.data(table(items, columns, cli.terminal))
}

export const showOne = <T extends Named>(
  cli: Cli,
  output: Output,
  item: T,
  entries: (item: T) => readonly (readonly [name: string, text: string])[],
) => {
  if (output === 'json') cli.terminal.data(JSON.stringify(item, null, 2))
  else if (output === 'name') cli.terminal.data(item.id)
  else cli.terminal.data(fields(entries(item)))
}
