/** Which host: the first scorer behind a pure function in core; the placement issue replaces the function. */
import type { Host } from '../../core/contract/resources.ts'
import { chooseHost } from '../../core/placement.ts'
import { resourceOf } from '../aws/items.ts'
import { partitions } from '../aws/keys.ts'
import { step, type Work } from '../aws/step.ts'
import { queryAll } from '../aws/table.ts'
import { loadVm } from '../aws/vms.ts'

interface Payload {
  work: Work
  excluding: string[]
}

export const handler = step('choosing a host', async ({ work, excluding }: Payload) => {
  const vm = await loadVm(work.tenantId, work.vmId)
  const [hosts, loads] = await Promise.all([
    queryAll(partitions.hosts),
    queryAll(partitions.hostLoads),
  ])
  const loadOf = new Map(loads.map((item) => [item.sk, item]))
  const candidates = hosts.map((item) => {
    const host = resourceOf<Host>(item)
    const load = loadOf.get(host.id)
    const allocated = { vcpus: Number(load?.vcpus ?? 0), memoryMiB: Number(load?.memoryMiB ?? 0) }
    return { ...host, allocated }
  })
  return { hostId: chooseHost(candidates, vm, excluding) }
})
