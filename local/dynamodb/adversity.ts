/**
 * The faults of a distributed service that an embedded one does not have by itself. Tests switch them
 * on; each is a probability, 0 by default, drawn from the given randomness. The last five strike only
 * calls that come over the wire (wire.ts); whoever owns the engine and calls it directly is spared.
 */
export interface AdversityOptions {
  random: () => number
  /** An index read answers from an older state. */
  staleIndexReads?: number
  /** A batch of stream records is delivered again. */
  duplicateStreamDeliveries?: number
  /** The operation takes effect, and its caller gets a retryable error. */
  lostAnswers?: number
  /** How long a request travels, how long its answer, and how long a transaction is under way. */
  latencyMs?: { min: number; max: number }
  /** A call is refused, or a transaction cancelled, because the table is asked too much. */
  throttling?: number
  /** A write is refused because of another transaction on its item, beside those that really are. */
  transactionConflicts?: number
  /** A transaction under way shows itself item by item to those who read meanwhile. Needs latency. */
  tornReads?: number
}

export type Fault = Exclude<keyof AdversityOptions, 'random' | 'latencyMs'>

export function strikes(adversity: AdversityOptions | undefined, fault: Fault): boolean {
  const probability = adversity?.[fault] ?? 0
  return probability > 0 && adversity!.random() < probability
}
