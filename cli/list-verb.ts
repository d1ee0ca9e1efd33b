/** The shape of every `list`: filter, limit, and what to say when there is nothing or more. */
import type { Command } from '@stricli/core'
import type { Cli } from './cli.ts'
import { listItems, type Item, type ListRoute } from './list-items.ts'
import { parseCount } from './counts.ts'
import { showMany } from './show.ts'
import type { Column } from './table.ts'
import { verb, type CommonFlags } from './verb.ts'

interface Flags {
  filter?: string
  limit: number
}

interface ListVerb<N extends ListRoute> {
  route: N
  /** What the list holds, in the plural. */
  what: string
  columns: (cli: Cli) => readonly Column<Item<N>>[]
  examples: readonly (readonly [input: string, brief: string])[]
  about: string
  /** What to do when there is none. */
  none: string
}

export const listVerb = <N extends ListRoute>(given: ListVerb<N>): Command<Cli> =>
  verb<Flags>({
    examples: given.examples,
    about: given.about,
    flags: {
      filter: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'Only what matches, like: state = running AND labels.env = prod',
      },
      limit: { kind: 'parsed', parse: parseCount, default: '500', brief: 'At most so many' },
    },
    run: (cli, flags) => list(cli, given, flags),
  })

const list = async <N extends ListRoute>(
  cli: Cli,
  { route, what, columns, none }: ListVerb<N>,
  { filter, limit, ...flags }: Flags & CommonFlags,
) => {
  const api = await cli.connect(flags)
  const { items, more } = await listItems(api, route, { filter, limit })
  showMany(cli, flags.output, items as (Item<N> & { id: string })[], columns(cli))
  if (items.length === 0 && flags.output === 'table')
    cli.terminal.say(
      filter === undefined ? `There are no ${what} yet. ${none}` : `No ${what} match.`,
    )
  if (more) cli.terminal.say(`There are more ${what}: --limit ${limit * 2}`)
}
