/**
 * R, the ownership item of a VM (design: one runner). It says which host may run the VM and under which generation;
 * the number rises at every change of ownership and fences late writers. Everything an agent is told or tells is
 * held against it. A deleted VM's R stays as a tombstone that names the generation and who attested the end.
 */
import { Failure } from './contract/failures.ts'

export interface Ownership {
  vmId: string
  tenantId: string
  hostId: string
  generation: number
  phase: 'OWNED' | 'RELEASED' | 'DELETED'
  /** What the reservation holds on the host; given back in the same transaction that ends it. */
  reserved: { vcpus: number; memoryMiB: number } | null
  /** The agent journals that took part; a lost journal starts nothing that is bound to the old one. */
  incarnations: Record<string, string>
  attestedBy: string | null
  version: number
}

export const reserve = (
  previous: Ownership | undefined,
  vm: { id: string; tenantId: string; vcpus: number; memoryMiB: number },
  hostId: string,
): Ownership => ({
  vmId: vm.id,
  tenantId: vm.tenantId,
  hostId,
  generation: (previous?.generation ?? 0) + 1,
  phase: 'OWNED',
  reserved: { vcpus: vm.vcpus, memoryMiB: vm.memoryMiB },
  incarnations: {},
  attestedBy: null,
  version: (previous?.version ?? 0) + 1,
})

/** Uses up the next generation without binding anybody: a reservation that comes late finds it gone. */
export const forgo = (
  previous: Ownership | undefined,
  vm: { id: string; tenantId: string; vcpus: number; memoryMiB: number },
  hostId: string,
  attestedBy: string,
): Ownership => ({
  ...reserve(previous, vm, hostId),
  phase: 'RELEASED',
  reserved: null,
  attestedBy,
})

/** Undo of `reserve`: nobody runs it there, and `attestedBy` says how we know (a report, or a command never taken). */
export const release = (ownership: Ownership, attestedBy: string): Ownership => ({
  ...ownership,
  phase: 'RELEASED',
  reserved: null,
  attestedBy,
  version: ownership.version + 1,
})

export const entomb = (ownership: Ownership, attestedBy: string): Ownership => ({
  ...ownership,
  phase: 'DELETED',
  reserved: null,
  attestedBy,
  version: ownership.version + 1,
})

export const binds = (ownership: Ownership | undefined, hostId: string, generation: number) =>
  ownership?.phase === 'OWNED' && ownership.hostId === hostId && ownership.generation === generation

/** A lower generation, another host, or one that R no longer binds is rejected everywhere. */
export const fence = (ownership: Ownership | undefined, hostId: string, generation: number) => {
  if (binds(ownership, hostId, generation)) return
  throw new Failure('GENERATION_STALE', undefined, {
    generation,
    current: ownership?.generation ?? 0,
  })
}
