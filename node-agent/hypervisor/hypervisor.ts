/**
 * What an agent needs of whatever runs VMs on its host: the narrow waist between commands and QEMU. Every
 * implementation passes one suite (test/conformance/hypervisor.test.ts), the simulated one first.
 *
 * VMs belong to the host, not to the agent: `close` and a killed agent leave them as they are, and whoever opens the
 * hypervisor again finds them. Work that rejects has left nothing behind; work that was aborted has left what a
 * killed agent would have left, and is finished by the same call again.
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
  list(signal: AbortSignal): Promise<ObservedVm[]>
  /** Afterwards the VM runs, once; what was begun under this generation before is finished, not begun again. */
  create(vm: VmCopy & { shape: VmShape }, work: Work): Promise<ObservedVm>
  /** Afterwards nothing of this copy is left, also when there was nothing. */
  delete(vm: VmCopy, work: Work): Promise<void>
  close(): Promise<void>
}

export const hypervisorFailures = [
  'CAPACITY_EXCEEDED',
  'OTHER_GENERATION',
  'VM_BUSY',
  'VM_ID_INVALID',
  'START_FAILED',
  'VM_DIED',
  'STATE_UNREADABLE',
  'STATE_UNWRITABLE',
] as const
export type HypervisorFailureCode = (typeof hypervisorFailures)[number]

export class HypervisorFailure extends Error {
  readonly code: HypervisorFailureCode

  constructor(code: HypervisorFailureCode, detail: string, cause?: unknown) {
    super(detail, { cause })
    this.name = code
    this.code = code
  }
}
