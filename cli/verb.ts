/**
 * How a verb is declared: examples first, then its own flags, and what it does. The flags every verb takes and the
 * way in which a failure is told are added here.
 */
import {
  buildCommand,
  type Command,
  type CommandBuilderArguments,
  type TypedCommandParameters,
} from '@stricli/core'
import type { Where } from './address.ts'
import { CliFailure, tell } from './cli-failure.ts'
import type { Cli } from './cli.ts'

export type Output = 'table' | 'json' | 'name'
export interface CommonFlags extends Where {
  output: Output
}

const text = String
const commonFlags = {
  output: {
    kind: 'enum',
    values: ['table', 'json', 'name'],
    default: 'table',
    brief: 'A table for people, JSON for programs, or ids only',
  },
  url: {
    kind: 'parsed',
    parse: text,
    optional: true,
    brief: 'The API (default: NOVACRON_URL, else what npm start wrote)',
  },
  keyFile: {
    kind: 'parsed',
    parse: text,
    optional: true,
    brief: 'File that holds the API key (default: NOVACRON_API_KEY, else admin.key in --home)',
  },
  home: {
    kind: 'parsed',
    parse: text,
    optional: true,
    brief: 'Data directory of npm start (default: NOVACRON_HOME, else .novacron here or above)',
  },
} as const

type Parameters<F extends object, A extends readonly unknown[]> = TypedCommandParameters<
  F & Readonly<Record<never, unknown>>,
  A,
  Cli
>

export type Verb<F extends object, A extends readonly unknown[]> = Parameters<F, A> & {
  /** What comes after the verb's name, and what that does. */
  examples: readonly (readonly [input: string, brief: string])[]
  about: string
  run: (cli: Cli, flags: F & CommonFlags, ...args: A) => Promise<void>
}

export const verb = <F extends object = {}, A extends readonly unknown[] = []>(
  given: Verb<F, A>,
): Command<Cli> => {
  const own = given as { flags?: object; aliases?: object; positional?: object }
  const declared = {
    docs: {
      brief: given.about,
      fullDescription: given.about,
      customUsage: given.examples.map(([input, brief]) => ({ input, brief })),
    },
    parameters: {
      ...(own.positional && { positional: own.positional }),
      flags: { ...own.flags, ...commonFlags },
      aliases: { ...own.aliases, o: 'output' },
    },
    async func(this: Cli, flags: F & CommonFlags, ...args: A) {
      try {
        await given.run(this, flags, ...args)
      } catch (error) {
        endWithFailure(this, flags.output, error)
      }
    },
  }
  // The flags' types were checked where the verb was declared; the library cannot follow them through a generic.
  return buildCommand(declared as unknown as CommandBuilderArguments<{}, [], Cli>)
}

/** For programs the last line on stderr is the problem as JSON. */
const endWithFailure = (cli: Cli, output: Output, error: unknown) => {
  const interrupted = cli.signal.aborted && !(error instanceof CliFailure)
  const failure: unknown = interrupted ? cli.signal.reason : error
  if (!(failure instanceof CliFailure)) throw failure
  const { account, exitCode } = failure
  cli.terminal.say(output === 'json' ? JSON.stringify(account) : tell(account))
  cli.endWith(exitCode)
}
