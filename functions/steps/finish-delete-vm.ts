/** The host attested that nothing is left: VM, name, reservation and operation end together; R stays as a tombstone. */
import { entomb } from '../../core/ownership.ts'
import { isOver, succeed } from '../../core/operation.ts'
import { operationItem, ownershipItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { loadOperation } from '../aws/operations.ts'
import { step, type Work } from '../aws/step.ts'
import { commit, untilCommitted, type Write } from '../aws/commit.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'

interface Payload {
  work: Work
  attestedBy: string
}

const endOwnership = async (vmId: string, attestedBy: string): Promise<Write[]> => {
  const ownership = await findOwnership(vmId)
  if (!ownership) return []
  // Where nobody held it any more, whoever attested that is who is remembered.
  const attested = ownership.phase === 'RELEASED' ? ownership.attestedBy : null
  const entombed: Write = {
    replace: ownershipItem(entomb(ownership, attested ?? attestedBy)),
    was: ownership.version,
  }
  if (!ownership.reserved) return [entombed]
  const { vcpus, memoryMiB } = ownership.reserved
  return [
    entombed,
    { count: keyOf.hostLoad(ownership.hostId), add: { vcpus: -vcpus, memoryMiB: -memoryMiB } },
  ]
}

export const handler = step(null, ({ work, attestedBy }: Payload, { at }) =>
  untilCommitted(async () => {
    const operation = await loadOperation(work.tenantId, work.operationId)
    if (isOver(operation)) return { state: operation.state }
    const vm = await loadVm(work.tenantId, work.vmId)
    await commit([
      { remove: keyOf.vm(vm.tenantId, vm.id), was: vm.version },
      { remove: keyOf.vmName(vm.tenantId, vm.name) },
      { replace: operationItem(succeed(operation, at)), was: operation.version },
      ...(await endOwnership(vm.id, attestedBy)),
    ])
    return { state: 'succeeded' }
  }),
)
