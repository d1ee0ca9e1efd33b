/**
 * What tests and simulations can switch on, so that nothing relies on a cloud kinder than the real one. Each single
 * figure is a probability from 0 to 1; absent is never. The engines take the same object and strike with their share.
 */
export interface Adversity {
  random: () => number
  /** A function runs a second time for the same event or task. */
  duplicateInvocations?: number
  /** A batch of the table's stream is delivered again. */
  duplicateStreamDeliveries?: number
  /** A read of an index answers from an older state. */
  staleIndexReads?: number
  /** A callback arrives up to a second after it was sent. */
  lateCallbacks?: number
  /** A call took effect, and its caller is told that it failed. */
  lostAnswers?: number
  /** Every call to the table is so long on its way there, so long back, and a transaction so long under way. */
  latencyMs?: { min: number; max: number }
  /** The table refuses a call because it is asked too much. */
  throttling?: number
  /** A write is refused because a transaction on the same item is said to be under way. */
  transactionConflicts?: number
  /** A transaction under way is seen item by item by whoever reads meanwhile. Needs latency. */
  tornReads?: number
}
