/**
 * How an invocation can fail, by the names Lambda gives. `errorType` of a failed function is the name of what it
 * threw: state machines match on it. The others are Lambda's own, and mean that no answer of the function exists.
 */
export type LambdaErrorName =
  | 'ResourceNotFoundException'
  | 'RequestTooLargeException'
  | 'TooManyRequestsException'
  | 'ServiceException'

/** The function ran and threw, ran too long, or answered what cannot be passed on. */
export class FunctionError extends Error {
  readonly errorType: string
  readonly trace: string[]

  constructor(errorType: string, message: string, trace: string[] = []) {
    super(message)
    this.name = errorType
    this.errorType = errorType
    this.trace = trace
  }
}

/** Lambda refused the invocation, or lost its answer. */
export class LambdaError extends Error {
  override readonly name: LambdaErrorName

  constructor(name: LambdaErrorName, message: string) {
    super(message)
    this.name = name
  }
}

export const asFunctionError = (thrown: unknown): FunctionError => {
  if (!(thrown instanceof Error)) return new FunctionError('Error', String(thrown))
  return new FunctionError(thrown.name, thrown.message, thrown.stack?.split('\n') ?? [])
}
