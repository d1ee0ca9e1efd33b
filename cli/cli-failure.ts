/**
 * Everything that ends a command without success: what the API refused (its problem, as it came), and the few things
 * that go wrong on this side of the wire, a closed list. Anything else that is thrown is a bug and shows its stack.
 */
import type { InputError, Problem } from '../core/contract/failures.ts'
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts'

interface Kind {
  exitCode: ExitCode
  title: string
}

export const cliFailureKinds = {
  API_UNREACHABLE: { exitCode: exitCodes.unavailable, title: 'The API does not answer' },
  ADDRESS_INVALID: { exitCode: exitCodes.usage, title: 'That is not the address of an API' },
  API_ANSWER_UNREADABLE: {
    exitCode: exitCodes.unavailable,
    title: 'What answers there is not this API',
  },
  CREDENTIAL_NOT_FOUND: { exitCode: exitCodes.notAuthenticated, title: 'There is no API key' },
  CREDENTIAL_UNREADABLE: {
    exitCode: exitCodes.notAuthenticated,
    title: 'The API key cannot be read',
  },
  FILE_NOT_WRITABLE: { exitCode: exitCodes.usage, title: 'The file cannot be written' },
  FAILURE_UNKNOWN: { exitCode: exitCodes.notFound, title: 'There is no such failure code' },
  SECRET_LOST: {
    exitCode: exitCodes.failed,
    title: 'It was made, but its secret was lost with the first answer',
  },
  OPERATION_CONTINUES: {
    exitCode: exitCodes.continues,
    title: 'It takes longer than --timeout; the operation continues',
  },
  INTERRUPTED: { exitCode: exitCodes.interrupted, title: 'Interrupted' },
} as const satisfies Record<string, Kind>
export type CliFailureCode = keyof typeof cliFailureKinds

export interface Fix {
  text: string
  command?: string | undefined
}

/** What is told: the part of a problem that means something to a reader. */
export interface Account {
  code: string
  title: string
  detail: string
  fix: readonly Fix[]
  params?: Readonly<Record<string, unknown>>
  errors?: readonly InputError[] | undefined
  traceId?: string | undefined
}

export class CliFailure extends Error {
  readonly exitCode: ExitCode
  readonly account: Account

  constructor(exitCode: ExitCode, account: Account) {
    super(account.detail)
    this.name = account.code
    this.exitCode = exitCode
    this.account = account
  }
}

export const cliFailure = (code: CliFailureCode, detail: string, ...fix: Fix[]) =>
  new CliFailure(cliFailureKinds[code].exitCode, {
    code,
    title: cliFailureKinds[code].title,
    detail,
    fix,
  })

/** The API said no. */
export const refused = (problem: Problem, traceId: string) =>
  new CliFailure(exitCodeOf(problem), { ...problem, traceId: problem.traceId ?? traceId })

/** An operation that had begun has failed: whatever its cause, the exit code says "failed". */
export const operationFailed = (problem: Problem, traceId: string, ...helps: readonly Fix[]) =>
  new CliFailure(exitCodes.failed, {
    ...problem,
    fix: [...problem.fix, ...helps],
    traceId: problem.traceId ?? traceId,
  })

/** Not an error: somebody stopped waiting. */
const stoppedWaiting: readonly string[] = ['INTERRUPTED', 'OPERATION_CONTINUES']

export const tell = (account: Account): string => {
  const { code, detail, fix } = account
  if (!stoppedWaiting.includes(code)) return tellFailure(account)
  return [detail, ...fix.map(({ text, command }) => `${text}: ${command}`)].join(' ')
}

const tellFailure = ({ code, title, detail, fix, errors, traceId }: Account): string => {
  const more = detail === title || detail === '' ? [] : [`  ${detail}`]
  const wrong = (errors ?? []).map((e) => `  ${e.in} ${e.pointer || '(whole)'}: ${e.detail}`)
  const help = fix.flatMap((f) => [`  ${f.text}`, ...(f.command ? [`    ${f.command}`] : [])])
  return [
    `error: ${title} [${code}]`,
    ...more,
    ...wrong,
    ...(help.length > 0 ? ['what helps:', ...help] : []),
    ...(traceId ? [`trace ${traceId}`] : []),
  ].join('\n')
}
