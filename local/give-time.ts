/** Waits for something that should end soon, but not for ever: says whether it did. */
import type { Clock } from '../core/clock.ts'

export async function giveTime(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController()
  const late = clock.sleep(ms, ended.signal).then(
    () => false,
    () => true,
  )
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    ended.abort()
  }
}
