/**
 * A state has failed: its first matching retrier with attempts left decides, then its first matching
 * catcher, and else the failure is the branch's: it fails the Parallel or Map around it, and in the end
 * the execution.
 */
import type { Draft } from '../draft.ts'
import { StateError, type Failure } from '../errors.ts'
import { disarm, type Frame } from '../frames.ts'
import type { Catcher, State } from '../shape.ts'
import { leave } from './leave.ts'
import { backOff } from './retry.ts'
import { matches } from './match-error.ts'
import { failExecution } from './settle-execution.ts'

export async function recover(draft: Draft, frame: Frame, error: StateError): Promise<void> {
  noteEvaluation(draft, frame, error)
  const state = draft.stateOf(frame)
  draft.save(frame)
  draft.prune(frame)
  disarm(frame)
  if (backOff(draft, frame, state, error.failure)) return
  const index = catchersOf(state).findIndex((catcher) =>
    matches(catcher.ErrorEquals, error.failure),
  )
  const catcher = catchersOf(state)[index]
  if (!catcher) return failBranch(draft, frame, error.failure)
  try {
    const { error: name, cause } = error.failure
    const errorOutput = { Error: name, Cause: cause }
    await leave(draft, frame, catcher, { errorOutput }, `Catch[${index}]/`)
  } catch (thrown) {
    if (!(thrown instanceof StateError)) throw thrown
    noteEvaluation(draft, frame, thrown)
    await failBranch(draft, frame, thrown.failure)
  }
}

async function failBranch(draft: Draft, frame: Frame, failure: Failure): Promise<void> {
  const parent = draft.parentOf(frame)
  if (!parent) return failExecution(draft, frame, failure)
  const type = draft.stateOf(parent).Type
  if (type === 'Map') {
    draft.event(frame, 'MapIterationFailed', {
      mapIterationFailedEventDetails: { name: parent.state, index: frame.index },
    })
  }
  parent.lastEvent = frame.lastEvent
  draft.event(parent, `${type}StateFailed`, {
    [`${type.toLowerCase()}StateFailedEventDetails`]: { ...failure },
  })
  draft.saved.delete(frame)
  await recover(draft, parent, new StateError(failure.error, failure.cause))
}

function noteEvaluation(draft: Draft, frame: Frame, error: StateError): void {
  if (error.location === undefined) return
  draft.event(frame, 'EvaluationFailed', {
    evaluationFailedEventDetails: {
      ...error.failure,
      location: error.location,
      state: frame.state,
    },
  })
}

function catchersOf(state: State): Catcher[] {
  return 'Catch' in state ? (state.Catch ?? []) : []
}
