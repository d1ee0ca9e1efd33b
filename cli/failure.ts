/**
 * `novacron failure`: what a failure code means and what helps, the API's and the CLI's own. It needs no API: that
 * may be what failed.
 */
import type { Fix } from './cli-failure.ts'
import { cliFailure, cliFailureKinds } from './cli-failure.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { fields, table } from './table.ts'
import { verb } from './verb.ts'

interface Known {
  code: string
  status: number | null
  title: string
  retryable: boolean
  fix: readonly Fix[]
  exitCode: number
}

export const command = verb<{}, [string?]>({
  about: 'Explain a failure code: what it means, and what helps. Without a code: all of them.',
  examples: [
    ['STATE_FORBIDS', 'What does this mean?'],
    ['', 'All of them'],
    ['NO_HOST_FITS -o json', 'For a program'],
  ],
  positional: {
    kind: 'tuple',
    parameters: [
      { brief: 'As an error shows it: [CODE]', placeholder: 'code', parse: String, optional: true },
    ],
  },
  async run(cli, { output }, given) {
    const all = await everyFailure()
    const wanted = given === undefined ? all : [find(all, given)]
    if (output === 'json')
      cli.terminal.data(JSON.stringify(given === undefined ? { items: all } : wanted[0], null, 2))
    else if (output === 'name') for (const { code } of wanted) cli.terminal.data(code)
    else if (given === undefined) cli.terminal.data(table(all, columns, cli.terminal))
    else for (const failure of wanted) cli.terminal.data(explained(failure))
  },
})

const everyFailure = async (): Promise<Known[]> => {
  const { failureCodes, kindOf } = await import('../core/contract/failures.ts')
  const theirs = failureCodes.map((code): Known => {
    const { status, title, retryable, fix } = kindOf(code)
    return { code, status, title, retryable, fix, exitCode: exitCodeOf({ code, status }) }
  })
  const ours = Object.entries(cliFailureKinds).map(([code, { exitCode, title }]): Known => {
    return {
      code,
      status: null,
      title,
      retryable: exitCode === exitCodes.unavailable,
      fix: [],
      exitCode,
    }
  })
  return [...theirs, ...ours]
}

const find = (all: readonly Known[], given: string): Known => {
  const found = all.find(({ code }) => code === given.toUpperCase())
  if (found) return found
  throw cliFailure('FAILURE_UNKNOWN', `${given} is none of them.`, {
    text: 'See all',
    command: 'npx novacron failure',
  })
}

const named = (text: string) => text.replace(/\{(\w+)\}/g, '<$1>')

const columns = [
  { title: 'CODE', text: ({ code }: Known) => code },
  { title: 'STATUS', text: ({ status }: Known) => String(status ?? '–') },
  { title: 'EXIT', text: ({ exitCode }: Known) => String(exitCode) },
  { title: 'MEANS', text: ({ title }: Known) => named(title) },
]

const explained = ({ code, status, title, retryable, fix, exitCode }: Known) =>
  fields([
    ['code', code],
    ['means', named(title)],
    ['status', String(status ?? 'none: it happens on this side of the wire')],
    ['exit code', String(exitCode)],
    ['try again', retryable ? 'it can help' : 'it would fail again'],
    ...fix.map(
      ({ text, command: helps }) =>
        ['what helps', named(helps ? `${text}: ${helps}` : text)] as const,
    ),
  ])
