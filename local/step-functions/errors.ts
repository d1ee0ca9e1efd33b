/**
 * The three ways in which something goes wrong here: a definition is refused, a state fails inside an
 * execution (which Retry and Catch may handle), or a request to the API is answered with an error.
 * Anything else that is thrown is a bug.
 */
import { maxCauseCharacters, maxErrorCharacters } from './limits.ts'

/** A state's failure as its definition sees it: what ErrorEquals matches and errorOutput shows. */
export interface Failure {
  error: string
  cause: string
}

export class StateError extends Error {
  override name = 'StateError'
  readonly failure: Failure
  /** The field whose expression could not be evaluated, when that is what failed. */
  readonly location: string | undefined

  constructor(error: string, cause: string, location?: string) {
    super(`${error}: ${cause}`)
    this.failure = shorten({ error, cause })
    this.location = location
  }
}

export class InvalidDefinition extends Error {
  override name = 'InvalidDefinition'
  readonly problems: string[]

  constructor(machine: string, problems: string[]) {
    super(`state machine ${machine} is refused:\n${problems.map((line) => `  ${line}`).join('\n')}`)
    this.problems = problems
  }
}

export type ServiceErrorName =
  | 'ExecutionAlreadyExists'
  | 'ExecutionDoesNotExist'
  | 'InvalidArn'
  | 'InvalidExecutionInput'
  | 'InvalidName'
  | 'InvalidOutput'
  | 'InvalidToken'
  | 'StateMachineDoesNotExist'
  | 'TaskTimedOut'
  | 'UnknownOperationException'
  | 'ValidationException'

export class ServiceError extends Error {
  override name: ServiceErrorName

  constructor(name: ServiceErrorName, message: string) {
    super(message)
    this.name = name
  }
}

export function shorten(failure: Failure): Failure {
  return {
    error: failure.error.slice(0, maxErrorCharacters),
    cause: failure.cause.slice(0, maxCauseCharacters),
  }
}
