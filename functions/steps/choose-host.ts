/**
 * Which host, and under which generation it would own the VM. The first scorer behind a pure function in core; the
 * placement issue replaces the function.
 */
import { platformTenantId } from '../../core/access.ts'
import type { Host } from '../../core/contract/resources.ts'
import { chooseHost, type Tried } from '../../core/placement.ts'
import { resourceOf } from '../aws/items.ts'
import { partitions } from '../aws/keys.ts'
import { step, type Work } from '../aws/step.ts'
import { queryAll } from '../aws/table.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'

interface Payload {
  work: Work
  excluding: Tried
}

export const handler = step('choosing a host', async ({ work, excluding }: Payload, { now }) => {
  const vm = await loadVm(work.tenantId, work.vmId)
  const [ownership, hosts, loads] = await Promise.all([
    findOwnership(work.vmId),
    queryAll(partitions.hosts, ['id', 'name', 'state', 'inventory']),
    queryAll(partitions.hostLoads, ['vcpus', 'memoryMiB', 'lastSeenAt']),
  ])
  const loadOf = new Map(loads.map((item) => [item.sk, item]))
  const candidates = hosts.map((item) => {
    const host = resourceOf<Host>(item)
    const load = loadOf.get(host.id)
    const allocated = { vcpus: Number(load?.vcpus ?? 0), memoryMiB: Number(load?.memoryMiB ?? 0) }
    return { ...host, allocated, lastSeenAt: (load?.lastSeenAt as string | undefined) ?? null }
  })
  const generation = (ownership?.generation ?? 0) + 1
  const tell = work.tenantId === platformTenantId ? 'hosts' : 'counts'
  return { hostId: chooseHost(candidates, vm, { tried: excluding, now, tell }), generation }
})
