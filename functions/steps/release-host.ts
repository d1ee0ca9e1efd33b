/**
 * Undo of reserve-host; only where the command that was to begin the VM there attests that nothing came of it: the host
 * failed to, or it was withdrawn; one that was never posted is withdrawn here. It ends the generation it is given and
 * no other; one that was never reserved is used up, so that it never will be.
 */
import { binds, forgo, release, type Nothing } from '../../core/ownership.ts'
import { unplaceVm } from '../../core/vm.ts'
import { attest, type Attested } from '../aws/attestation.ts'
import { commandIdOf, findCommand, forestalled } from '../aws/commands.ts'
import { ownershipItem, vmItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { step, type Work } from '../aws/step.ts'
import { commit, untilCommitted } from '../aws/commit.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'

interface Payload {
  work: Work
  hostId: string
  generation: number
  /** The state that was to begin the VM there. */
  state: string
}

const nothingCameOfIt = async (
  { work, hostId, generation, state }: Payload,
  now: number,
): Promise<Attested<Nothing>> => {
  const { operationId, tenantId, vmId } = work
  const id = commandIdOf(operationId, state, hostId)
  const record = await findCommand(id)
  if (record) return attest(record, { vmId, hostId, generation }, ['failed', 'withdrawn'])
  const evidence = forestalled({ id, hostId, tenantId, operationId }, now)
  return { attestedBy: { commandId: id, outcome: 'withdrawn' }, evidence }
}

export const handler = step(null, (payload: Payload, { now, at }) =>
  untilCommitted(async () => {
    const { work, hostId, generation } = payload
    const [vm, ownership] = await Promise.all([
      loadVm(work.tenantId, work.vmId),
      findOwnership(work.vmId),
    ])
    if ((ownership?.generation ?? 0) < generation) {
      const { attestedBy, evidence } = await nothingCameOfIt(payload, now)
      const forgone = ownershipItem(forgo(ownership, vm, hostId, attestedBy))
      const was = ownership?.version
      await commit([was === undefined ? { create: forgone } : { replace: forgone, was }, evidence])
      return { released: false }
    }
    if (!ownership?.reserved || !binds(ownership, hostId, generation)) return { released: false }
    const { attestedBy, evidence } = await nothingCameOfIt(payload, now)
    const { vcpus, memoryMiB } = ownership.reserved
    await commit([
      evidence,
      { replace: ownershipItem(release(ownership, attestedBy)), was: ownership.version },
      { count: keyOf.hostLoad(hostId), add: { vcpus: -vcpus, memoryMiB: -memoryMiB } },
      { replace: vmItem(unplaceVm(vm, at)), was: vm.version },
    ])
    return { released: true }
  }),
)
