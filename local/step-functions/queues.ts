/** One thing after another for each execution, many executions at once. */
export class Queues {
  readonly #tails = new Map<number, Promise<unknown>>()

  /** Runs `work` after everything already queued for this execution. */
  run<Result>(execution: number, work: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(execution)
    const result = before ? before.then(work, work) : work()
    this.#tails.set(execution, result)
    const forget = () => {
      if (this.#tails.get(execution) === result) this.#tails.delete(execution)
    }
    result.then(forget, forget)
    return result
  }
}
