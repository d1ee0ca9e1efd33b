/** What was asked and what it took, so that tests and benches can prove how many items a request reads. */
export interface OperationCounts {
  calls: number
  failures: number
  /** Items looked at, whether or not a filter or projection let them into the answer. */
  itemsRead: number
  itemsWritten: number
}

export class Statistics {
  readonly #operations = new Map<string, OperationCounts>()
  /** Items deleted because their time to live had ended. */
  itemsExpired = 0
  /** Stream records handed to consumers, repetitions included. */
  recordsDelivered = 0
  /** Stream records a consumer could not take, set aside in ddb_dead_letter. */
  recordsParked = 0
  /** Stream records dropped for their age; a consumer that had not passed them has lost them. */
  recordsForgotten = 0

  of(operation: string): OperationCounts {
    let counts = this.#operations.get(operation)
    if (!counts) {
      counts = { calls: 0, failures: 0, itemsRead: 0, itemsWritten: 0 }
      this.#operations.set(operation, counts)
    }
    return counts
  }

  /** A copy: every operation that was called, by name. */
  snapshot(): Record<string, OperationCounts> {
    return Object.fromEntries(
      [...this.#operations].map(([operation, counts]) => [operation, { ...counts }]),
    )
  }

  total(): OperationCounts {
    const total = { calls: 0, failures: 0, itemsRead: 0, itemsWritten: 0 }
    for (const counts of this.#operations.values()) {
      total.calls += counts.calls
      total.failures += counts.failures
      total.itemsRead += counts.itemsRead
      total.itemsWritten += counts.itemsWritten
    }
    return total
  }

  reset(): void {
    this.#operations.clear()
    this.itemsExpired = 0
    this.recordsDelivered = 0
    this.recordsParked = 0
    this.recordsForgotten = 0
  }
}
