/**
 * Which host takes a VM: the ready one with the most memory left after it, so that load spreads. When none can, the
 * failure says of every host why not.
 */
import { Failure } from './contract/failures.ts'
import type { Host } from './contract/resources.ts'
import { fits, type Allocation } from './host.ts'

export type Candidate = Pick<Host, 'id' | 'name' | 'state' | 'inventory'> & {
  allocated: Allocation
  lastSeenAt: string | null
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

/** A host that has not been heard for so long is chosen only where no other fits. */
const hearingMs = 60_000

export interface Choice {
  tried?: Tried
  now: number
  /** Whoever runs the platform is told of each host; a tenant only how many cannot, and why. */
  tell: 'hosts' | 'counts'
}

export const chooseHost = (
  hosts: readonly Candidate[],
  wanted: Allocation,
  { tried = {}, now, tell }: Choice,
): string => {
  const free = ({ inventory, allocated }: Candidate) => inventory.memoryMiB - allocated.memoryMiB
  const silent = ({ lastSeenAt }: Candidate) =>
    lastSeenAt === null || now - Date.parse(lastSeenAt) > hearingMs ? 1 : 0
  const able = hosts.filter((host) => whyNot(host, wanted, tried) === undefined)
  const best = able.sort(
    (a, b) => silent(a) - silent(b) || free(b) - free(a) || (a.id < b.id ? -1 : 1),
  )[0]
  if (best) return best.id
  const why = tell === 'hosts' ? eachHost(hosts, wanted, tried) : counted(hosts, tried)
  throw new Failure(
    'NO_HOST_FITS',
    `No host can take ${wanted.vcpus} vcpus and ${wanted.memoryMiB} MiB: ${why}.`,
    { vcpus: wanted.vcpus, memoryMiB: wanted.memoryMiB },
  )
}

const noHost = 'there is no host yet'

const eachHost = (hosts: readonly Candidate[], wanted: Allocation, tried: Tried) => {
  if (hosts.length === 0) return noHost
  const reasons = hosts.slice(0, 20).map((host) => `${host.name} ${whyNot(host, wanted, tried)}`)
  const more = hosts.length > 20 ? `; and ${hosts.length - 20} more` : ''
  return `${reasons.join('; ')}${more}`
}

const counted = (hosts: readonly Candidate[], tried: Tried) => {
  if (hosts.length === 0) return noHost
  const away = hosts.filter(({ state }) => state !== 'ready').length
  const failed = hosts.filter(
    ({ id, state }) => state === 'ready' && tried[id] !== undefined,
  ).length
  const full = hosts.length - away - failed
  return `of ${hosts.length} hosts ${full} have too little left, ${away} are not ready, ${failed} were tried in vain`
}
