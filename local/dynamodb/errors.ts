/**
 * Every way a call to the embedded DynamoDB can fail, with the names, wordings and HTTP statuses of
 * the real service, so that code which matches on them behaves the same in both homes. Anything else
 * that is thrown is a bug.
 */
const namespaces = {
  ValidationException: 'com.amazon.coral.validate',
  SerializationException: 'com.amazon.coral.service',
  UnknownOperationException: 'com.amazon.coral.service',
  InternalServerError: 'com.amazonaws.dynamodb.v20120810',
  ConditionalCheckFailedException: 'com.amazonaws.dynamodb.v20120810',
  TransactionCanceledException: 'com.amazonaws.dynamodb.v20120810',
  IdempotentParameterMismatchException: 'com.amazonaws.dynamodb.v20120810',
  ResourceNotFoundException: 'com.amazonaws.dynamodb.v20120810',
  ResourceInUseException: 'com.amazonaws.dynamodb.v20120810',
  ProvisionedThroughputExceededException: 'com.amazonaws.dynamodb.v20120810',
  ThrottlingException: 'com.amazon.coral.availability',
  TransactionConflictException: 'com.amazonaws.dynamodb.v20120810',
  TransactionInProgressException: 'com.amazonaws.dynamodb.v20120810',
} as const

export type DynamoDbErrorName = keyof typeof namespaces

export class DynamoDbError extends Error {
  override readonly name: DynamoDbErrorName
  readonly statusCode: number
  /** Members beside the message: `Item`, `CancellationReasons`. */
  readonly members: object

  constructor(name: DynamoDbErrorName, message: string, members: object = {}) {
    super(message)
    this.name = name
    this.statusCode = name === 'InternalServerError' ? 500 : 400
    this.members = members
  }

  /** The body of the answer, as it goes over the wire. */
  get body(): object {
    return {
      __type: `${namespaces[this.name]}#${this.name}`,
      message: this.message,
      ...this.members,
    }
  }
}

export function invalid(message: string): DynamoDbError {
  return new DynamoDbError('ValidationException', message)
}

export function invalidValue(message: string): DynamoDbError {
  return invalid(`One or more parameter values were invalid: ${message}`)
}

export function malformed(message: string): DynamoDbError {
  return new DynamoDbError('SerializationException', message)
}

export function tableNotFound(name?: string): DynamoDbError {
  return new DynamoDbError(
    'ResourceNotFoundException',
    `Requested resource not found${name === undefined ? '' : `: Table: ${name} not found`}`,
  )
}

export function transactionConflict(): DynamoDbError {
  return new DynamoDbError('TransactionConflictException', 'Transaction is ongoing for the item')
}

export function conditionFailed(item?: object): DynamoDbError {
  return new DynamoDbError(
    'ConditionalCheckFailedException',
    'The conditional request failed',
    item === undefined ? {} : { Item: item },
  )
}
