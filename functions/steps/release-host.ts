/** Undo of reserve-host; only where it is attested that nothing runs there: a failed report, or a command never taken. */
import { release } from '../../core/ownership.ts'
import { unplaceVm } from '../../core/vm.ts'
import { ownershipItem, vmItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { step, type Work } from '../aws/step.ts'
import { commit, untilCommitted } from '../aws/table.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'

interface Payload {
  work: Work
  attestedBy: string
}

export const handler = step(null, ({ work, attestedBy }: Payload, { at }) =>
  untilCommitted(async () => {
    const [vm, ownership] = await Promise.all([
      loadVm(work.tenantId, work.vmId),
      findOwnership(work.vmId),
    ])
    if (ownership?.phase !== 'OWNED' || !ownership.reserved) return { released: false }
    const { vcpus, memoryMiB } = ownership.reserved
    await commit([
      { replace: ownershipItem(release(ownership, attestedBy)), was: ownership.version },
      { count: keyOf.hostLoad(ownership.hostId), add: { vcpus: -vcpus, memoryMiB: -memoryMiB } },
      { replace: vmItem(unplaceVm(vm, at)), was: vm.version },
    ])
    return { released: true }
  }),
)
