/** The time of this machine, and any later one: what waits really waits, what looks at the time sees it moved. */
import { systemClock, type Clock } from '../core/clock.ts'

export class MovableClock implements Clock {
  #ahead = 0

  now() {
    return systemClock.now() + this.#ahead
  }

  sleep(ms: number, signal?: AbortSignal) {
    return systemClock.sleep(ms, signal)
  }

  move(ms: number) {
    this.#ahead += ms
  }
}
