/** A service of the cloud that is overloaded or out of order for a while, by the names that the SDK gives up with. */
const names: ReadonlySet<string> = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'ThrottlingException',
  'TimeoutError',
  'TransactionCanceledException',
  'TransactionConflictException',
  'TransactionInProgressException',
])

export const isBusy = (error: unknown) => error instanceof Error && names.has(error.name)
