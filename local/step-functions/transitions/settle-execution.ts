/** An execution ends as a whole: by its machine's end or failure, by its time limit, or because it is stopped. */
import type { Draft } from '../draft.ts'
import type { Failure } from '../errors.ts'
import type { Frame } from '../frames.ts'
import type { Json } from '../json.ts'
import { dataDetails } from '../history.ts'
import type { ExecutionHappening } from './happenings.ts'

export function succeedExecution(draft: Draft, root: Frame, output: Json): void {
  draft.event(root, 'ExecutionSucceeded', {
    executionSucceededEventDetails: dataDetails('output', output),
  })
  draft.settle({ status: 'SUCCEEDED', output })
}

export function failExecution(
  draft: Draft,
  root: Pick<Frame, 'lastEvent' | 'path'>,
  failure: Failure,
): void {
  // The service shows a missed heartbeat by its own name only to Retry and Catch.
  const shown =
    failure.error === 'States.HeartbeatTimeout' ? { ...failure, error: 'States.Timeout' } : failure
  draft.event(root, 'ExecutionFailed', { executionFailedEventDetails: { ...shown } })
  draft.settle({ status: 'FAILED', failure: shown })
}

export function settleExecution(draft: Draft, happening: ExecutionHappening): boolean {
  const { execution } = draft.around
  const root = { lastEvent: execution.events, path: '' }
  if (happening.kind === 'expired') {
    if (execution.deadline === null || execution.deadline > draft.now) return false
    const failure = {
      error: 'States.Timeout',
      cause: 'The execution ran longer than TimeoutSeconds',
    }
    draft.event(root, 'ExecutionTimedOut', { executionTimedOutEventDetails: failure })
    draft.settle({ status: 'TIMED_OUT', failure })
    return true
  }
  const { failure } = happening
  draft.event(root, 'ExecutionAborted', { executionAbortedEventDetails: { ...failure } })
  draft.settle({ status: 'ABORTED', failure })
  return true
}
