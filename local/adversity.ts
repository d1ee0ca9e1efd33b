/**
 * What tests and simulations can switch on, so that nothing relies on a cloud kinder than the real one. Each figure
 * is a probability from 0 to 1; absent is never. The engines take the same object and strike with their share of it.
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
}
