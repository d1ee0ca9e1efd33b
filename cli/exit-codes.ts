/**
 * What a script learns from an exit code, as a closed table. A code follows from the HTTP status of a refusal; the
 * few refusals that mean something else to a caller than their status says are named.
 */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAuthenticated: 4,
  forbidden: 5,
  conflict: 6,
  unavailable: 7,
  continues: 8,
  interrupted: 130,
} as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  failed: 'the operation failed, or doctor found faults',
  usage: 'the command or its input is wrong',
  notFound: 'there is no such thing',
  notAuthenticated: 'no key, or one that is not accepted',
  forbidden: 'the key may not do that',
  conflict: 'the state forbids it, or somebody was faster',
  unavailable: 'the API does not answer, or asks to wait: try again',
  continues: 'the --timeout is over, the operation continues; its id is printed',
  interrupted: 'Ctrl-C: the operation continues; its id is printed',
}

const byStatus: Readonly<Record<number, ExitCode>> = {
  400: exitCodes.usage,
  401: exitCodes.notAuthenticated,
  403: exitCodes.forbidden,
  404: exitCodes.notFound,
  405: exitCodes.usage,
  409: exitCodes.conflict,
  410: exitCodes.notFound,
  412: exitCodes.conflict,
  413: exitCodes.usage,
  415: exitCodes.usage,
  422: exitCodes.usage,
  429: exitCodes.unavailable,
  502: exitCodes.unavailable,
  503: exitCodes.unavailable,
  504: exitCodes.unavailable,
}
const byCode: Readonly<Record<string, ExitCode>> = {
  IDEMPOTENCY_KEY_REUSED: exitCodes.conflict,
  // The API lacks what this CLI asks for: their versions differ, nothing is wrong with the command.
  ROUTE_UNKNOWN: exitCodes.failed,
}

export const exitCodeOf = (problem: { status: number; code: string }): ExitCode =>
  byCode[problem.code] ?? byStatus[problem.status] ?? exitCodes.failed
