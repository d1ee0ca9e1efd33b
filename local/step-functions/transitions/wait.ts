/** A Wait state: the moment it ends is worked out on entry and stored, so that a restart does not prolong it. */
import { isTimestamp } from '../check-states.ts'
import type { Draft } from '../draft.ts'
import { StateError } from '../errors.ts'
import { evaluate, queryError } from '../expressions.ts'
import type { Frame } from '../frames.ts'
import { maxSeconds } from '../limits.ts'
import type { WaitState } from '../shape.ts'
import { sightOf } from '../sight.ts'
import { stateOf } from './enter.ts'
import { leave, type WayOut } from './leave.ts'
import { recover } from './recover.ts'

export async function enterWait(draft: Draft, frame: Frame, state: WaitState): Promise<void> {
  frame.phase = 'waiting'
  frame.wakeAt = await momentOf(draft, frame, state)
}

async function momentOf(draft: Draft, frame: Frame, state: WaitState): Promise<number> {
  if (state.Timestamp !== undefined) {
    const text = await evaluate(state.Timestamp, sightOf(draft, frame), 'Timestamp')
    if (typeof text === 'string' && isTimestamp(text)) return Date.parse(text)
    throw queryError(state.Timestamp, 'Timestamp', 'returned no timestamp')
  }
  return draft.now + 1_000 * (await secondsOf(draft, frame, state.Seconds ?? 0, 'Seconds', 0))
}

/** A number of seconds that may be given by an expression. */
export async function secondsOf(
  draft: Draft,
  frame: Frame,
  given: number | string,
  field: string,
  least: number,
): Promise<number> {
  const seconds = await evaluate(given, sightOf(draft, frame), field)
  if (Number.isInteger(seconds) && Number(seconds) >= least && Number(seconds) <= maxSeconds) {
    return Number(seconds)
  }
  const problem = `returned ${JSON.stringify(seconds)}, not a whole number from ${least} to ${maxSeconds}`
  throw queryError(String(given), field, problem)
}

export async function waitDue(draft: Draft, frame: Frame): Promise<boolean> {
  if (frame.wakeAt === undefined || frame.wakeAt > draft.now) return false
  frame.wakeAt = undefined
  try {
    await leave(draft, frame, stateOf(draft, frame) as WayOut)
  } catch (thrown) {
    if (!(thrown instanceof StateError)) throw thrown
    await recover(draft, frame, thrown)
  }
  return true
}
