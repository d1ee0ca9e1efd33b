/**
 * Undo of reserve-host; only where it is attested that nothing runs there: a failed report, or a command never taken.
 * It ends the generation it is given and no other; one that was never reserved is used up, so that it never will be.
 */
import { binds, forgo, release } from '../../core/ownership.ts'
import { unplaceVm } from '../../core/vm.ts'
import { ownershipItem, vmItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { step, type Work } from '../aws/step.ts'
import { commit, untilCommitted } from '../aws/commit.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'

interface Payload {
  work: Work
  hostId: string
  generation: number
  attestedBy: string
}

export const handler = step(null, ({ work, hostId, generation, attestedBy }: Payload, { at }) =>
  untilCommitted(async () => {
    const [vm, ownership] = await Promise.all([
      loadVm(work.tenantId, work.vmId),
      findOwnership(work.vmId),
    ])
    if ((ownership?.generation ?? 0) < generation) {
      const forgone = ownershipItem(forgo(ownership, vm, hostId, attestedBy))
      const was = ownership?.version
      await commit([was === undefined ? { create: forgone } : { replace: forgone, was }])
      return { released: false }
    }
    if (!ownership?.reserved || !binds(ownership, hostId, generation)) return { released: false }
    const { vcpus, memoryMiB } = ownership.reserved
    await commit([
      { replace: ownershipItem(release(ownership, attestedBy)), was: ownership.version },
      { count: keyOf.hostLoad(hostId), add: { vcpus: -vcpus, memoryMiB: -memoryMiB } },
      { replace: vmItem(unplaceVm(vm, at)), was: vm.version },
    ])
    return { released: true }
  }),
)
