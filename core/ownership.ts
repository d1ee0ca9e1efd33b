/**
 * R, the ownership item of a VM (design: one runner). It says which host may run the VM and under which generation;
 * the number rises at every change of ownership and fences late writers. Everything an agent is told or tells is
 * held against it. It lets go only of what a command attests to have come to nothing or to an end; a deleted VM's R stays
 * as a tombstone that names the generation, the host and that attestation.
 */
import { Failure } from './contract/failures.ts'

/** What became of the command that was to begin the VM on the host, or to end it there. */
export type Nothing = 'failed' | 'withdrawn'
export type Outcome = Nothing | 'done'

/** How we know that nobody runs the VM on R's host under R's generation. */
export interface Attestation<O extends Outcome = Outcome> {
  commandId: string
  outcome: O
}

export interface Ownership {
  vmId: string
  tenantId: string
  hostId: string
  generation: number
  phase: 'OWNED' | 'RELEASED' | 'DELETED'
  /** What the reservation holds on the host; given back in the same transaction that ends it. */
  reserved: { vcpus: number; memoryMiB: number } | null
  /** Of each host the agent's journal that accepted the VM; another one begins nothing that is bound to it. */
  incarnations: Record<string, string>
  attestedBy: Attestation | null
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
  attestedBy: Attestation<Nothing>,
): Ownership => ({
  ...reserve(previous, vm, hostId),
  phase: 'RELEASED',
  reserved: null,
  attestedBy,
})

/** The journal with this incarnation has accepted the VM on that host. */
export const accept = (ownership: Ownership, hostId: string, incarnation: string): Ownership => ({
  ...ownership,
  incarnations: { ...ownership.incarnations, [hostId]: incarnation },
  version: ownership.version + 1,
})

/** Undo of `reserve`: the host failed to begin it, or was never told to. */
export const release = (ownership: Ownership, attestedBy: Attestation<Nothing>): Ownership => ({
  ...ownership,
  phase: 'RELEASED',
  reserved: null,
  attestedBy,
  version: ownership.version + 1,
})

/** The host ended it; where R had let go already, whatever attested that is what is remembered. */
export const entomb = (ownership: Ownership, attestedBy: Attestation | null): Ownership => ({
  ...ownership,
  phase: 'DELETED',
  reserved: null,
  attestedBy,
  version: ownership.version + 1,
})

export const binds = (ownership: Ownership | undefined, hostId: string, generation: number) =>
  ownership?.phase === 'OWNED' && ownership.hostId === hostId && ownership.generation === generation

/** R, if it binds that host: a lower generation, another host, or one let go is rejected everywhere. */
export const bound = (
  ownership: Ownership | undefined,
  hostId: string,
  generation: number,
): Ownership => {
  if (ownership && binds(ownership, hostId, generation)) return ownership
  throw stale(ownership, generation)
}

export const stale = (ownership: Ownership | undefined, generation: number) => {
  const current = ownership?.generation ?? 0
  const detail = `Generation ${generation} of the VM is not wanted any more; R has moved on to ${current}`
  return new Failure('GENERATION_STALE', detail, { generation, current })
}
