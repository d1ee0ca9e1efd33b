/** A frame enters the state it stands before; each kind of state says in its own file what that means. */
import type { Draft } from '../draft.ts'
import { StateError } from '../errors.ts'
import type { Frame } from '../frames.ts'
import { dataDetails } from '../history.ts'
import type { State } from '../shape.ts'
import { enterChoice } from './choice.ts'
import { enterFail } from './fail.ts'
import { leave } from './leave.ts'
import { enterMap } from './map.ts'
import { enterParallel } from './parallel.ts'
import { recover } from './recover.ts'
import { enterTask } from './task.ts'
import { enterWait } from './wait.ts'

export async function enter(draft: Draft, frame: Frame): Promise<void> {
  const state = draft.stateOf(frame)
  draft.save(frame)
  if (frame.retries.length === 0) {
    frame.enteredAt = draft.now
    draft.event(frame, `${state.Type}StateEntered`, {
      stateEnteredEventDetails: { name: frame.state, ...dataDetails('input', frame.input) },
    })
  }
  try {
    await begin(draft, frame, state)
  } catch (thrown) {
    if (!(thrown instanceof StateError)) throw thrown
    await recover(draft, frame, thrown)
  }
}

function begin(draft: Draft, frame: Frame, state: State): Promise<void> {
  switch (state.Type) {
    case 'Task':
      return enterTask(draft, frame, state)
    case 'Choice':
      return enterChoice(draft, frame, state)
    case 'Wait':
      return enterWait(draft, frame, state)
    case 'Parallel':
      return enterParallel(draft, frame, state)
    case 'Map':
      return enterMap(draft, frame, state)
    case 'Fail':
      return enterFail(draft, frame, state)
    case 'Pass':
      return leave(draft, frame, state)
    case 'Succeed':
      return leave(draft, frame, { Output: state.Output, End: true })
  }
}

/** The pause before another attempt is over. */
export async function enterAgain(draft: Draft, frame: Frame): Promise<boolean> {
  if (frame.wakeAt === undefined || frame.wakeAt > draft.now) return false
  frame.wakeAt = undefined
  await enter(draft, frame)
  return true
}
