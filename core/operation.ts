/**
 * An operation: a long-running request as its caller sees it. Its phases are the named steps of its workflow, so
 * progress is what was written by the step that ran, never a number somebody made up.
 *
 *   queued ──start──▶ running ──succeed──▶ succeeded
 *                        └─────fail─────▶ failed           (a queued one can fail too: its workflow never began)
 */
import { next, stateTable } from './state-table.ts'
import type { Operation } from './contract/resources.ts'
import type { Problem } from './contract/failures.ts'

export const operationStates = stateTable({
  resource: 'operation',
  states: ['queued', 'running', 'succeeded', 'failed'],
  transitions: {
    start: { from: ['queued', 'running'], to: 'running' },
    succeed: { from: ['queued', 'running'], to: 'succeeded' },
    fail: { from: ['queued', 'running'], to: 'failed' },
  },
})

/** What each kind of operation does, in the order a person would tell it. */
export const phases = {
  'vm.create': ['queued', 'choosing a host', 'reserving', 'creating on the host', 'done'],
  'vm.delete': ['queued', 'deleting on the host', 'done'],
} as const
export type OperationKind = keyof typeof phases
export const operationKinds = Object.keys(phases) as [OperationKind, ...OperationKind[]]
export type Phase = (typeof phases)[OperationKind][number]

const noEta = 'the host has not said how long this takes'

export interface Beginning {
  id: string
  tenantId: string
  kind: OperationKind
  target: string
  actor: string
  traceId: string
}

export const beginOperation = (beginning: Beginning, at: string): Operation => ({
  ...beginning,
  state: 'queued',
  progress: {
    phase: 'queued',
    phaseIndex: 0,
    phaseCount: phases[beginning.kind].length,
    percent: null,
    etaMs: null,
    etaReason: noEta,
  },
  error: null,
  createdAt: at,
  updatedAt: at,
  finishedAt: null,
  version: 1,
})

export const isOver = (operation: Pick<Operation, 'state'>) =>
  operation.state === 'succeeded' || operation.state === 'failed'

const changed = (operation: Operation, at: string, change: Partial<Operation>): Operation => ({
  ...operation,
  ...change,
  updatedAt: at,
  version: operation.version + 1,
})

/** A step began. Going back is allowed: after an undo the workflow chooses again, and says so. */
export const enterPhase = (operation: Operation, phase: Phase, at: string): Operation => {
  const order: readonly Phase[] = phases[operation.kind]
  return changed(operation, at, {
    state: next(operationStates, 'start', operation),
    progress: {
      ...operation.progress,
      phase,
      phaseIndex: order.indexOf(phase),
      percent: null,
      etaMs: null,
      etaReason: noEta,
    },
  })
}

/** What the host itself reported about the phase it is in. */
export const advance = (
  operation: Operation,
  report: { percent: number; etaMs: number | null },
  at: string,
): Operation =>
  changed(operation, at, {
    progress: {
      ...operation.progress,
      percent: report.percent,
      etaMs: report.etaMs,
      etaReason: report.etaMs === null ? noEta : null,
    },
  })

export const succeed = (operation: Operation, at: string): Operation =>
  changed(operation, at, {
    state: next(operationStates, 'succeed', operation),
    progress: {
      ...operation.progress,
      phase: 'done',
      phaseIndex: operation.progress.phaseCount - 1,
      percent: 100,
      etaMs: 0,
      etaReason: null,
    },
    finishedAt: at,
  })

export const fail = (operation: Operation, error: Problem, at: string): Operation =>
  changed(operation, at, {
    state: next(operationStates, 'fail', operation),
    progress: { ...operation.progress, etaMs: null, etaReason: 'it has ended' },
    error,
    finishedAt: at,
  })
