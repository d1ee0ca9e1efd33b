/**
 * Wakes the one who waits before the waiting time is over. Rings that come while nobody waits are remembered as one:
 * whoever looks next looks at once, and a hundred rings cost one look.
 */
import type { Clock } from '../core/clock.ts'

const rung = Symbol('rung')

export class Bell {
  #pending = false
  #wake: (() => void) | undefined

  ring() {
    this.#pending = true
    this.#wake?.()
  }

  /** Resolves when rung or after `ms`; rejects with the signal's reason when that is aborted. */
  async wait(ms: number, clock: Clock, signal: AbortSignal) {
    signal.throwIfAborted()
    if (!this.#pending) await this.#sleep(ms, clock, signal)
    signal.throwIfAborted()
    this.#pending = false
  }

  async #sleep(ms: number, clock: Clock, signal: AbortSignal) {
    const sleep = new AbortController()
    const give = () => sleep.abort(signal.reason)
    signal.addEventListener('abort', give, { once: true })
    this.#wake = () => sleep.abort(rung)
    try {
      await clock.sleep(ms, sleep.signal)
    } catch (error) {
      if (error !== rung) throw error
    } finally {
      this.#wake = undefined
      signal.removeEventListener('abort', give)
    }
  }
}
