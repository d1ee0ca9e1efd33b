/**
 * The clock of all functions. On AWS it is the machine's; the embedded cloud hands in its own, so that whoever owns the
 * time of the cloud (a test, a simulation) owns that of its functions too.
 */
import { systemClock, type Clock } from '../../core/clock.ts'

let current: Clock = systemClock

export const clock: Clock = {
  now: () => current.now(),
  sleep: (ms, signal) => current.sleep(ms, signal),
}

/** Without one, time is the machine's again. */
export const keepTimeBy = (other: Clock = systemClock) => {
  current = other
}
