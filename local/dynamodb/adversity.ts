/**
 * The faults of a distributed service that an embedded one does not have by itself. Tests switch them
 * on; each is a probability, 0 by default, drawn from the given randomness.
 */
export interface AdversityOptions {
  random: () => number
  /** An index read answers from an older state. */
  staleIndexReads?: number
  /** A batch of stream records is delivered again. */
  duplicateStreamDeliveries?: number
  /** The operation takes effect, and its caller gets a retryable error. */
  lostAnswers?: number
}

export type Fault = 'staleIndexReads' | 'duplicateStreamDeliveries' | 'lostAnswers'

export function strikes(adversity: AdversityOptions | undefined, fault: Fault): boolean {
  const probability = adversity?.[fault] ?? 0
  return probability > 0 && adversity!.random() < probability
}
