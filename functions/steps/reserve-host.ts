/**
 * R, the host's capacity and the VM's place move together: from here on this host owns the VM under that generation.
 * A generation that has come to an end, or was given up before it began, does not begin any more.
 */
import { Failure } from '../../core/contract/failures.ts'
import type { Host } from '../../core/contract/resources.ts'
import { binds, reserve, stale } from '../../core/ownership.ts'
import { placeVm } from '../../core/vm.ts'
import { ownershipItem, resourceOf, vmItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { expectUnderWay, step, type Work } from '../aws/step.ts'
import { commit, untilCommitted } from '../aws/commit.ts'
import { get } from '../aws/table.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'

interface Payload {
  work: Work
  hostId: string
  generation: number
}

export const handler = step('reserving', ({ work, hostId, generation }: Payload, { at }) =>
  untilCommitted(async () => {
    const [vm, previous, host] = await Promise.all([
      loadVm(work.tenantId, work.vmId),
      findOwnership(work.vmId),
      get(keyOf.host(hostId)),
    ])
    if (binds(previous, hostId, generation)) return { generation }
    if (previous?.phase === 'OWNED' || (previous?.generation ?? 0) + 1 !== generation)
      throw stale(previous, generation)
    const underWay = await expectUnderWay(work)
    const full = new Failure('HOST_FULL', undefined, { hostId })
    if (!host) throw full
    const ownership = reserve(previous, vm, hostId)
    const { vcpus, memoryMiB } = resourceOf<Host>(host).inventory
    await commit([
      underWay,
      previous
        ? { replace: ownershipItem(ownership), was: previous.version }
        : { create: ownershipItem(ownership) },
      {
        count: keyOf.hostLoad(hostId),
        add: { vcpus: vm.vcpus, memoryMiB: vm.memoryMiB },
        atMost: { vcpus, memoryMiB },
        otherwise: full,
      },
      { replace: vmItem(placeVm(vm, hostId, generation, at)), was: vm.version },
    ])
    return { generation }
  }),
)
