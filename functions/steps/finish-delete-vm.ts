/**
 * The host attested that nothing is left: VM, name, reservation and operation end together; R stays as a tombstone. Only
 * under the generation and of the host that the deletion was for: what R says by now may be another's.
 */
import { entomb, stale } from '../../core/ownership.ts'
import { isOver, succeed } from '../../core/operation.ts'
import { attest } from '../aws/attestation.ts'
import { commandIdOf, findCommand } from '../aws/commands.ts'
import { operationItem, ownershipItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { loadOperation } from '../aws/operations.ts'
import { step, type Work } from '../aws/step.ts'
import { commit, untilCommitted, type Write } from '../aws/commit.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'

interface Payload {
  work: Work
  /** null: no host held it. */
  hostId: string | null
  generation: number
  /** The state that was to end the VM there. */
  state: string
}

const endOwnership = async ({ work, hostId, generation, state }: Payload): Promise<Write[]> => {
  const { operationId, vmId } = work
  const ownership = await findOwnership(vmId)
  if ((ownership?.generation ?? 0) !== generation) throw stale(ownership, generation)
  if (!ownership) return []
  const was = ownership.version
  // Nobody holds it any more: whatever attested that is what is remembered.
  if (!ownership.reserved)
    return [{ replace: ownershipItem(entomb(ownership, ownership.attestedBy)), was }]
  if (ownership.hostId !== hostId) throw stale(ownership, generation)
  const record = await findCommand(commandIdOf(operationId, state, hostId))
  const { attestedBy, evidence } = attest(record, { vmId, hostId, generation }, ['done'])
  const { vcpus, memoryMiB } = ownership.reserved
  return [
    evidence,
    { replace: ownershipItem(entomb(ownership, attestedBy)), was },
    { count: keyOf.hostLoad(hostId), add: { vcpus: -vcpus, memoryMiB: -memoryMiB } },
  ]
}

export const handler = step(null, (payload: Payload, { at }) =>
  untilCommitted(async () => {
    const { work } = payload
    const operation = await loadOperation(work.tenantId, work.operationId)
    if (isOver(operation)) return { state: operation.state }
    const vm = await loadVm(work.tenantId, work.vmId)
    await commit([
      { remove: keyOf.vm(vm.tenantId, vm.id), was: vm.version },
      { remove: keyOf.vmName(vm.tenantId, vm.name) },
      { replace: operationItem(succeed(operation, at)), was: operation.version },
      ...(await endOwnership(payload)),
    ])
    return { state: 'succeeded' }
  }),
)
