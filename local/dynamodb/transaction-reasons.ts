/** Why a transaction was cancelled: one reason per action, in the order of the actions. */
import { DynamoDbError } from './errors.ts'

export interface Reason {
  Code:
    | 'None'
    | 'ConditionalCheckFailed'
    | 'ValidationError'
    | 'TransactionConflict'
    | 'ThrottlingError'
  Message?: string
  Item?: object
}

/** The reason that a failed action gives; what is no failure of an action is thrown again. */
export function reasonFor(error: unknown): Reason {
  if (!(error instanceof DynamoDbError)) throw error
  if (error.name === 'ConditionalCheckFailedException') {
    return { Code: 'ConditionalCheckFailed', Message: error.message, ...error.members }
  }
  if (error.name === 'ValidationException') {
    return { Code: 'ValidationError', Message: error.message }
  }
  if (error.name === 'TransactionConflictException') {
    return { Code: 'TransactionConflict', Message: error.message }
  }
  if (error.name === 'ThrottlingException') {
    return { Code: 'ThrottlingError', Message: error.message }
  }
  throw error
}

export function cancelled(reasons: Reason[]): DynamoDbError {
  const codes = reasons.map(({ Code }) => Code).join(', ')
  return new DynamoDbError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons: reasons },
  )
}
