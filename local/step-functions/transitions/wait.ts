/** A Wait state: the moment it ends is worked out on entry and stored, so that a restart does not prolong it. */
import { isTimestamp } from '../check-states.ts'
import type { Draft } from '../draft.ts'
import { StateError } from '../errors.ts'
import { evaluate, queryError } from '../expressions.ts'
import type { Frame } from '../frames.ts'
import type { WaitState } from '../shape.ts'
import { sightOf } from '../sight.ts'
import { leave, type WayOut } from './leave.ts'
import { recover } from './recover.ts'
import { secondsOf } from './seconds.ts'

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

export async function waitDue(draft: Draft, frame: Frame): Promise<boolean> {
  if (frame.wakeAt === undefined || frame.wakeAt > draft.now) return false
  frame.wakeAt = undefined
  try {
    await leave(draft, frame, draft.stateOf(frame) as WayOut)
  } catch (thrown) {
    if (!(thrown instanceof StateError)) throw thrown
    await recover(draft, frame, thrown)
  }
  return true
}
