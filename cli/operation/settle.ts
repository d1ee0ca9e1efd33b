/** What follows once the API has begun an operation: wait for its end or not, and say how it ended. */
import type { Operation } from '../../core/contract/resources.ts'
import { operationFailed, type Fix } from '../cli-failure.ts'
import type { Cli } from '../cli.ts'
import type { Client } from '../client.ts'
import { parseSpan, spanText } from '../durations.ts'
import type { CommonFlags } from '../verb.ts'
import { follow, lookAgain } from './follow.ts'

export interface WaitFlags {
  wait: boolean
  timeout?: number
  validateOnly: boolean
}

export const timeoutFlag = {
  kind: 'parsed',
  parse: parseSpan,
  optional: true,
  brief: 'Stop waiting after this time (90s, 10m); the operation continues',
} as const

export const waitFlags = {
  wait: { kind: 'boolean', default: true, brief: 'Wait until the operation has ended' },
  timeout: timeoutFlag,
  validateOnly: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Check everything, change nothing',
  },
} as const

interface Settling extends Omit<WaitFlags, 'validateOnly'>, CommonFlags {
  title: string
  /** What else helps when it fails. */
  ifFailed?: readonly Fix[]
}

/** The operation as it ended; undefined when nobody waited for it. A failed one is thrown. */
export const settle = async (
  cli: Cli,
  api: Client,
  begun: Operation,
  { title, ifFailed = [], ...flags }: Settling,
): Promise<Operation | undefined> => {
  if (!flags.wait) {
    if (flags.output === 'json') cli.terminal.data(JSON.stringify(begun, null, 2))
    const { command } = lookAgain(begun.id)
    cli.terminal.say(`${title}: ${begun.id} has begun. Follow it: ${command}`)
    return undefined
  }
  const ended = await follow(cli, api, begun, { title, timeoutMs: flags.timeout })
  if (flags.output === 'json') cli.terminal.data(JSON.stringify(ended, null, 2))
  if (ended.error) throw operationFailed(ended.error, ended.traceId, ...ifFailed)
  cli.terminal.say(`✔ ${title}: done in ${spanText(took(ended))}`)
  return ended
}

const took = ({ createdAt, finishedAt, updatedAt }: Operation) =>
  Date.parse(finishedAt ?? updatedAt) - Date.parse(createdAt)

/** What --validate-only says; the operation in the answer was never begun. */
export const showValid = (cli: Cli, title: string, answer: unknown, flags: CommonFlags) => {
  if (flags.output === 'json') cli.terminal.data(JSON.stringify(answer, null, 2))
  cli.terminal.say(`✔ ${title}: valid; nothing was changed`)
}
