/**
 * What an agent needs of whatever runs VMs on its host: the narrow waist between commands and QEMU. Every
 * implementation passes one suite (test/conformance/hypervisor.test.ts), the simulated one first.
 *
 * VMs belong to the host, not to the agent: `close` and a killed agent leave them as they are, and whoever opens the
 * hypervisor again finds them. Work that was aborted has left what a killed agent would have left, and is finished by
 * the same call again. Work that rejects may have left anything, unless `hypervisorFailures` promises otherwise; what
 * is there, `list` shows.
 */
import type { HostInventory } from '../../core/contract/resources.ts'

/** `starting` and `stopping`: something began and has not been finished; nobody may be at it any more. */
export type ObservedState = 'starting' | 'running' | 'paused' | 'stopped' | 'crashed' | 'stopping'

export interface VmShape {
  name: string
  vcpus: number
  memoryMiB: number
}

/** A VM under one generation: whoever holds another speaks of another copy. */
export interface VmCopy {
  vmId: string
  generation: number
}

export interface ObservedVm extends VmCopy {
  shape: VmShape
  state: ObservedState
}

export interface Progress {
  percent: number
  /** null: cannot be told. */
  etaMs: number | null
}

export interface Work {
  signal: AbortSignal
  progress(progress: Progress): void
}

export interface Hypervisor {
  readonly inventory: HostInventory
  /**
   * Every copy of which anything is left, half-made and half-removed ones too: a VM that is not listed is not on this
   * host, and on that word it is given to another. What cannot be looked at rejects, it is not left out.
   */
  list(signal: AbortSignal): Promise<ObservedVm[]>
  /** Afterwards the VM is `running`, once; what was begun under this generation is finished, not begun again. */
  create(vm: VmCopy & { shape: VmShape }, work: Work): Promise<ObservedVm>
  /** Afterwards nothing of this copy is left, also when there was nothing. */
  delete(vm: VmCopy, work: Work): Promise<void>
  close(): Promise<void>
}

/**
 * Every way in which a hypervisor says no, and what that promises of the copy it was asked about:
 *
 *   nothing left   none of it is on the host
 *   as before      what was on the host of it, if anything, is there as it was
 *   unknown        it may be there, whole or in part
 */
export const hypervisorFailures = {
  CAPACITY_EXCEEDED: 'nothing left',
  START_FAILED: 'nothing left',
  VM_DIED: 'nothing left',
  VM_ID_INVALID: 'nothing left',
  NOT_RUNNING: 'as before',
  OTHER_GENERATION: 'as before',
  VM_BUSY: 'as before',
  STATE_UNREADABLE: 'unknown',
  STATE_UNWRITABLE: 'unknown',
} as const
export type HypervisorFailureCode = keyof typeof hypervisorFailures

export class HypervisorFailure extends Error {
  readonly code: HypervisorFailureCode

  constructor(code: HypervisorFailureCode, detail: string, cause?: unknown) {
    super(detail, { cause })
    this.name = code
    this.code = code
  }
}
