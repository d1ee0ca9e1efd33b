/** The service's limits that we hold ourselves to, so that nothing passes at home and fails on AWS. */
const kilobyte = 1024
const megabyte = 1024 * kilobyte

export const limits = {
  itemBytes: 400 * kilobyte,
  hashKeyBytes: 2048,
  rangeKeyBytes: 1024,
  pageBytes: megabyte,
  nestingLevels: 32,
  expressionBytes: 4096,
  /** Ours, not the service's: the grammar's time grows fourfold with every level of parentheses. */
  expressionNesting: 5,
  expressionOperators: 300,
  inOperands: 100,
  batchWriteRequests: 25,
  batchGetKeys: 100,
  batchGetBytes: 16 * megabyte,
  requestBytes: 16 * megabyte,
  transactionItems: 100,
  transactionBytes: 4 * megabyte,
  transactionTokenMs: 10 * 60_000,
  streamRetentionMs: 24 * 3_600_000,
  /** Items whose time to live ended longer ago than this are left alone. */
  timeToLivePastMs: 5 * 365 * 24 * 3_600_000,
  globalIndexes: 20,
  significantDigits: 38,
} as const
