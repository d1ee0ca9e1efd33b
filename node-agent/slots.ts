/** At most so many at once; the others wait in the order in which they came. */
export class Slots {
  #free: number
  #queue: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
  }

  async use<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    await this.#take(signal)
    try {
      return await run()
    } finally {
      this.#give()
    }
  }

  #take(signal: AbortSignal) {
    signal.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve()
    }
    return new Promise<void>((resolve, reject) => {
      const mine = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#queue = this.#queue.filter((other) => other !== mine)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#queue.push(mine)
    })
  }

  #give() {
    const next = this.#queue.shift()
    if (next) next()
    else this.#free += 1
  }
}
