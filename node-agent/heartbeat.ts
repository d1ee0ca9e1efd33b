/**
 * Says that a command is still being worked on, and how far it is: after every change, at most twice a second, and
 * after `everyMs` of no change. A command that is done sooner than half a second says nothing.
 */
import type { Clock } from '../core/clock.ts'
import { Bell } from './bell.ts'
import type { Progress } from './hypervisor/hypervisor.ts'

const shortestMs = 500

export class Heartbeat {
  readonly #bell = new Bell()
  readonly #end = new AbortController()
  readonly #beating: Promise<unknown>
  #latest: Progress = { percent: 0, etaMs: null }

  constructor(
    everyMs: number,
    clock: Clock,
    send: (progress: Progress, signal: AbortSignal) => Promise<void>,
  ) {
    this.#beating = this.#beat(Math.max(0, everyMs - shortestMs), clock, send).catch(
      (error: unknown) => error,
    )
  }

  tell(progress: Progress) {
    this.#latest = progress
    this.#bell.ring()
  }

  /** Resolves when nothing more will be sent. */
  async stop() {
    this.#end.abort()
    const bug = await this.#beating
    if (bug !== undefined) throw bug
  }

  async #beat(
    restMs: number,
    clock: Clock,
    send: (progress: Progress, signal: AbortSignal) => Promise<void>,
  ) {
    const { signal } = this.#end
    try {
      for (;;) {
        await this.#bell.wait(restMs, clock, signal)
        await clock.sleep(shortestMs, signal)
        await send(this.#latest, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
