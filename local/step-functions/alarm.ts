/**
 * One sleeper for many stored deadlines: it always sleeps until the earliest, and when it wakes its owner
 * looks into the journal for what is due. Deadlines themselves live in SQLite, never here.
 */
import type { Clock } from '../../core/clock.ts'

/** Timers of the platform overflow beyond 24 days; waking for nothing once a day is cheaper than that. */
const longestSleep = 86_400_000
const storageDelay = 1_000

export class Alarm {
  readonly #clock: Clock
  readonly #ring: (now: number) => void
  #at = Infinity
  #sleep: AbortController | undefined
  #closed = false

  constructor(clock: Clock, ring: (now: number) => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Makes sure that it rings at this time or earlier. */
  set(at: number | undefined): void {
    if (this.#closed || at === undefined || at >= this.#at) return
    this.#sleep?.abort()
    this.#at = at
    const sleep = new AbortController()
    this.#sleep = sleep
    const ms = Math.min(at - this.#clock.now(), longestSleep)
    if (ms <= 0) queueMicrotask(() => this.#wake(sleep))
    else
      this.#clock.sleep(ms, sleep.signal).then(
        () => this.#wake(sleep),
        () => {},
      )
  }

  close(): void {
    this.#closed = true
    this.#sleep?.abort()
  }

  #wake(sleep: AbortController): void {
    if (sleep.signal.aborted) return
    this.#at = Infinity
    try {
      this.#ring(this.#clock.now())
    } catch {
      // The storage could not be read. Deadlines are still in it, so look again.
      this.set(this.#clock.now() + storageDelay)
    }
  }
}
