/**
 * How long to wait before asking again: twice as long each time up to a limit, and a random part of that, so that a
 * thousand agents that lost the control plane in one moment do not come back in one.
 */
import type { Clock } from '../core/clock.ts'
import type { RandomBytes } from '../core/ids.ts'

/** In [0, 1). */
export const fraction = (random: RandomBytes) => {
  const bytes = random(4)
  return Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32BE() / 2 ** 32
}

export interface Backoff {
  firstMs: number
  limitMs: number
}

export const delayOf = ({ firstMs, limitMs }: Backoff, attempt: number, random: RandomBytes) => {
  const most = Math.min(limitMs, firstMs * 2 ** Math.min(attempt, 30))
  return most / 2 + (fraction(random) * most) / 2
}

/** `ms`, give or take a fifth: timers of many agents drift apart. */
export const spread = (ms: number, random: RandomBytes) => ms * (0.8 + 0.4 * fraction(random))

export interface Patience {
  clock: Clock
  random: RandomBytes
  signal: AbortSignal
  backoff: Backoff
  /** Called before each wait; may ask for a longer one, or throw to give up. */
  failed(error: unknown, attempt: number): number
}

/** Tries until it succeeds, gives up by `failed`, or is aborted. */
export const untilDone = async <T>(patience: Patience, attempt: () => Promise<T>): Promise<T> => {
  for (let count = 0; ; count += 1) {
    try {
      return await attempt()
    } catch (error) {
      patience.signal.throwIfAborted()
      const least = patience.failed(error, count)
      const wait = Math.max(least, delayOf(patience.backoff, count, patience.random))
      await patience.clock.sleep(wait, patience.signal)
    }
  }
}
