/** Hosts as people see them: the host, what is reserved on it, when it was last heard. */
import type { Host } from '../../core/contract/resources.ts'
import type { Item } from './items.ts'
import { keyOf } from './keys.ts'
import { getMany } from './table.ts'

export const viewHosts = async (hosts: readonly Host[]) => {
  const loads = await getMany(hosts.map(({ id }) => keyOf.hostLoad(id)))
  const loadOf = new Map(loads.map((item) => [item.sk, item]))
  return hosts.map(({ publicKey, ...host }) => ({ ...host, ...viewOf(loadOf.get(host.id)) }))
}

const viewOf = (load: Item | undefined) => ({
  allocated: {
    vcpus: (load?.vcpus as number | undefined) ?? 0,
    memoryMiB: (load?.memoryMiB as number | undefined) ?? 0,
  },
  lastSeenAt: (load?.lastSeenAt as string | undefined) ?? null,
})
