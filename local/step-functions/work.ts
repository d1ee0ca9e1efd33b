/** Counts what is under way, so that a test can wait until only time or the outside could change anything. */
export class Work {
  #underWay = 0
  #waiting: (() => void)[] = []

  track = async <Result>(work: Promise<Result>): Promise<Result> => {
    this.#underWay += 1
    try {
      return await work
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) this.#release()
    }
  }

  idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
