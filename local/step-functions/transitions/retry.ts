/** Whether and when a failed state is tried again. */
import type { Draft } from '../draft.ts'
import type { Failure } from '../errors.ts'
import type { Frame } from '../frames.ts'
import type { Retrier, State } from '../shape.ts'
import { matches } from './match-error.ts'

/** Puts the frame to sleep before another attempt; false when no retrier wants one. */
export function backOff(draft: Draft, frame: Frame, state: State, failure: Failure): boolean {
  const retriers = 'Retry' in state ? (state.Retry ?? []) : []
  const index = retriers.findIndex((retrier) => matches(retrier.ErrorEquals, failure))
  const retrier = retriers[index]
  if (!retrier) return false
  const used = frame.retries[index] ?? 0
  if (used >= (retrier.MaxAttempts ?? 3)) return false
  frame.retries = retriers.map((_, other) => (frame.retries[other] ?? 0) + Number(other === index))
  frame.phase = 'backing-off'
  frame.turn += 1
  frame.wakeAt = draft.now + delayBefore(retrier, used, draft.around.random)
  return true
}

/** Milliseconds before the retry that follows `used` earlier ones by the same retrier. */
export function delayBefore(retrier: Retrier, used: number, random: () => number): number {
  const seconds = Math.min(
    (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** used,
    retrier.MaxDelaySeconds ?? Infinity,
  )
  const share = retrier.JitterStrategy === 'FULL' ? random() : 1
  return Math.round(seconds * 1_000 * share)
}
