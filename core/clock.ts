/**
 * The only way to know the time, or to wait for it. Everything that waits is handed a Clock, so that
 * tests and simulations can own time; nothing else in the house calls Date.now or setTimeout.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', abort, { once: true })
    }),
}

/** A clock that stands still until it is told to move; sleepers wake in the order of their deadlines. */
export class ManualClock implements Clock {
  #now: number
  #sleepers: { at: number; wake: () => void }[] = []

  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now() {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal) {
    return new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted()
      const sleeper = { at: this.#now + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
          reject(signal.reason)
        },
        { once: true },
      )
    })
  }

  /** How long until the next sleeper wakes; undefined when nobody sleeps. */
  nextIn(): number | undefined {
    if (this.#sleepers.length === 0) return undefined
    return Math.max(0, Math.min(...this.#sleepers.map((s) => s.at)) - this.#now)
  }

  /** Moves time forward, waking each sleeper at its own moment and letting what it started settle. */
  async advance(ms: number) {
    const end = this.#now + ms
    for (;;) {
      const due = this.#sleepers.filter((s) => s.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#sleepers = this.#sleepers.filter((s) => s !== due)
      this.#now = Math.max(this.#now, due.at)
      due.wake()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#now = end
    await new Promise((resolve) => setImmediate(resolve))
  }
}
