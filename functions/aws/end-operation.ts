/** An operation that cannot be finished ends as failed, and its VM with it, in one write; what is over stays as it is. */
import { failureCodes, Failure, problemOf, type FailureCode } from '../../core/contract/failures.ts'
import { fail, isOver } from '../../core/operation.ts'
import { isUnderWay, vmFailed } from '../../core/vm.ts'
import { operationItem, vmItem } from './items.ts'
import { loadOperation } from './operations.ts'
import { log } from './log.ts'
import type { Work } from './step.ts'
import { commit, untilCommitted, type Write } from './commit.ts'
import { findVm } from './vms.ts'

/** An error as the state machine hands it on. */
export interface WorkflowError {
  Error?: string
  Cause?: string
}

const detailOf = (cause: string | undefined): string | undefined => {
  try {
    const parsed = JSON.parse(cause ?? '') as { errorMessage?: unknown }
    return typeof parsed.errorMessage === 'string' ? parsed.errorMessage : cause
  } catch {
    return cause
  }
}

/** Names of ours pass; whatever the state machine adds of its own means that it could not go on. */
const failureOf = (error: WorkflowError, params: Record<string, string>): Failure => {
  const known = failureCodes.find((code) => code === error.Error)
  const code: FailureCode = known ?? 'OPERATION_INTERRUPTED'
  const detail = detailOf(error.Cause)
  if (code === 'COMMAND_FAILED') return new Failure(code, undefined, { ...params, reason: detail })
  if (known) return new Failure(code, detail, params)
  // What is not ours may name what is nobody's business outside; it stands in the log.
  log('error', 'a workflow gave up', { ...params, error: error.Error, detail })
  return new Failure(
    code,
    `The workflow ended before the operation did (${error.Error ?? 'no reason given'}).`,
    params,
  )
}

export const failOperation = (
  work: Work,
  error: WorkflowError,
  hostId: string | null,
  at: string,
) =>
  untilCommitted(async () => {
    const operation = await loadOperation(work.tenantId, work.operationId)
    if (isOver(operation)) return { state: operation.state }
    const { operationId, vmId } = work
    const failure = failureOf(error, { operationId, vmId, ...(hostId !== null && { hostId }) })
    const problem = problemOf(failure, { traceId: operation.traceId })
    const vm = await findVm(work.tenantId, vmId)
    const writes: Write[] = [
      { replace: operationItem(fail(operation, problem, at)), was: operation.version },
    ]
    if (vm && isUnderWay(vm))
      writes.push({ replace: vmItem(vmFailed(vm, problem, at)), was: vm.version })
    await commit(writes)
    return { state: 'failed' }
  })
