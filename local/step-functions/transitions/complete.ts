/** A Task, Parallel or Map has its result; leaving the state may still fail, which it may then recover from. */
import type { Draft } from '../draft.ts'
import { StateError } from '../errors.ts'
import type { Frame } from '../frames.ts'
import type { Json } from '../json.ts'
import { leave, type WayOut } from './leave.ts'
import { limitPayload } from './payload-limit.ts'
import { recover } from './recover.ts'

export async function complete(draft: Draft, frame: Frame, result: Json): Promise<void> {
  try {
    limitPayload(result, `The result of state '${frame.state}'`)
    await leave(draft, frame, draft.stateOf(frame) as WayOut, { result })
  } catch (thrown) {
    if (!(thrown instanceof StateError)) throw thrown
    await recover(draft, frame, thrown)
  }
}
