/**
 * Which host takes a VM: the ready one with the most memory left after it, so that load spreads. When none can, the
 * failure says of every host why not.
 */
import { Failure } from './contract/failures.ts'
import type { Host } from './contract/resources.ts'
import { fits, type Allocation } from './host.ts'

export type Candidate = Pick<Host, 'id' | 'name' | 'state' | 'inventory'> & {
  allocated: Allocation
}

/** Hosts that have been tried, and why that came to nothing. */
export type Tried = Readonly<Record<string, string>>

const whyNot = (host: Candidate, wanted: Allocation, tried: Tried) => {
  if (host.state !== 'ready') return `is ${host.state}`
  if (tried[host.id] !== undefined) return tried[host.id]
  if (fits(host.inventory, host.allocated, wanted)) return undefined
  const { inventory, allocated } = host
  return `has ${inventory.vcpus - allocated.vcpus} vcpus and ${inventory.memoryMiB - allocated.memoryMiB} MiB left`
}

export const chooseHost = (
  hosts: readonly Candidate[],
  wanted: Allocation,
  tried: Tried = {},
): string => {
  const free = ({ inventory, allocated }: Candidate) => inventory.memoryMiB - allocated.memoryMiB
  const able = hosts.filter((host) => whyNot(host, wanted, tried) === undefined)
  const best = able.sort((a, b) => free(b) - free(a) || (a.id < b.id ? -1 : 1))[0]
  if (best) return best.id
  const reasons = hosts.slice(0, 20).map((host) => `${host.name} ${whyNot(host, wanted, tried)}`)
  const told = reasons.length > 0 ? reasons.join('; ') : 'there is no host yet'
  const more = hosts.length > 20 ? `; and ${hosts.length - 20} more` : ''
  throw new Failure(
    'NO_HOST_FITS',
    `No host can take ${wanted.vcpus} vcpus and ${wanted.memoryMiB} MiB: ${told}${more}.`,
    { vcpus: wanted.vcpus, memoryMiB: wanted.memoryMiB },
  )
}
