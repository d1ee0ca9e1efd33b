/**
 * A VM: what a customer owns and runs.
 *
 *   creating ──created──▶ running ──delete──▶ deleting ──deleted──▶ (gone; its ownership item stays as tombstone)
 *      │                  stopped ──delete──▶    │
 *      └──createFailed──▶ failed  ──delete──▶    └──deleteFailed──▶ failed
 */
import { allows, next, stateTable } from './state-table.ts'
import type { Vm, VmPatch, VmSpec } from './contract/resources.ts'
import type { Problem } from './contract/failures.ts'

export const vmStates = stateTable({
  resource: 'vm',
  states: ['creating', 'running', 'stopped', 'deleting', 'deleted', 'failed'],
  transitions: {
    created: { from: ['creating'], to: 'running' },
    createFailed: { from: ['creating'], to: 'failed' },
    update: { from: ['running', 'stopped', 'failed'] },
    delete: { from: ['running', 'stopped', 'failed'], to: 'deleting' },
    deleted: { from: ['deleting'], to: 'deleted' },
    deleteFailed: { from: ['deleting'], to: 'failed' },
  },
})

export const requestVm = (id: string, tenantId: string, spec: VmSpec, at: string): Vm => ({
  id,
  tenantId,
  name: spec.name,
  vcpus: spec.vcpus,
  memoryMiB: spec.memoryMiB,
  labels: spec.labels ?? {},
  state: 'creating',
  hostId: null,
  generation: 0,
  failure: null,
  createdAt: at,
  updatedAt: at,
  version: 1,
})

const changed = (vm: Vm, at: string, change: Partial<Vm>): Vm => ({
  ...vm,
  ...change,
  updatedAt: at,
  version: vm.version + 1,
})

/** Labels may change in any settled state. */
export const updateVm = (vm: Vm, patch: VmPatch, at: string): Vm => {
  next(vmStates, 'update', vm)
  return changed(vm, at, { labels: patch.labels ?? vm.labels })
}

export const placeVm = (vm: Vm, hostId: string, generation: number, at: string): Vm =>
  changed(vm, at, { hostId, generation })

export const unplaceVm = (vm: Vm, at: string): Vm => changed(vm, at, { hostId: null })

export const vmCreated = (vm: Vm, at: string): Vm =>
  changed(vm, at, { state: next(vmStates, 'created', vm), failure: null })

export const deleteVm = (vm: Vm, at: string): Vm =>
  changed(vm, at, { state: next(vmStates, 'delete', vm), failure: null })

/** The transition by which a workflow that is on its way with this VM can fail. */
const failing = ({ state }: Pick<Vm, 'state'>) => {
  const verbs = ['createFailed', 'deleteFailed'] as const
  return verbs.find((verb) => allows(vmStates, verb, state))
}

export const isUnderWay = (vm: Pick<Vm, 'state'>) => failing(vm) !== undefined

/** The end of a workflow that could not finish: which transition fails follows from the state it left behind. */
export const vmFailed = (vm: Vm, failure: Problem, at: string): Vm =>
  changed(vm, at, { state: next(vmStates, failing(vm) ?? 'createFailed', vm), failure })
