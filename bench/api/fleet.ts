/**
 * The stored fleet the API is asked about: 20 tenants, 500 hosts, 10,000 VMs with names, ownership and labels, as the
 * functions themselves would have stored them. Two in a hundred hosts are real simulated agents with room; all others
 * are full, so that what is created goes where somebody answers.
 */
import { createHash } from 'node:crypto'
import { requestVm, placeVm, vmCreated } from '../../core/vm.ts'
import { enrolHost, hostIdOf } from '../../core/host.ts'
import { newId } from '../../core/ids.ts'
import { issueKey } from '../../core/issue-key.ts'
import { reserve } from '../../core/ownership.ts'
import {
  apiKeyItem,
  hostItem,
  ownershipItem,
  plainItem,
  tenantItem,
  vmItem,
  type Item,
} from '../../functions/aws/items.ts'
import { keyOf } from '../../functions/aws/keys.ts'

export interface FleetSize {
  tenants: number
  hosts: number
  vms: number
}

export interface Fleet {
  items: Item[]
  /** One operator key for each tenant. */
  credentials: string[]
  /** A VM of the first tenant, for reads by id. */
  vmIds: string[]
}

const limits = { read: 1_000_000, write: 1_000_000 }
const environments = ['prod', 'staging', 'dev']
const inventory = {
  vcpus: 64,
  memoryMiB: 262_144,
  hypervisor: 'simulated',
  hypervisorVersion: '1',
  agentVersion: '1',
} as const

export const makeFleet = (size: FleetSize, now: number): Fleet => {
  const at = new Date(now).toISOString()
  const fleet: Fleet = { items: [], credentials: [], vmIds: [] }
  const tenants = Array.from({ length: size.tenants }, (_, n) => newId('tenant', now + n))
  for (const [n, id] of tenants.entries()) {
    const tenant = { id, name: `tenant-${n}`, createdAt: at, updatedAt: at, version: 1 }
    const request = { name: 'bench', role: 'operator', requestsPerMinute: limits } as const
    const { stored, secret } = issueKey(id, request, now)
    fleet.items.push(tenantItem(tenant), apiKeyItem(stored))
    fleet.credentials.push(secret)
  }
  const hosts = Array.from({ length: size.hosts }, (_, n) => addHost(fleet, n, at))
  for (let n = 0; n < size.vms; n++) {
    const tenantId = tenants[n % tenants.length]!
    const id = addVm(fleet, { n, tenantId, hostId: hosts[n % hosts.length]!, now: now + n })
    if (tenantId === tenants[0]) fleet.vmIds.push(id)
  }
  return fleet
}

const addHost = (fleet: Fleet, n: number, at: string): string => {
  const publicKey = createHash('sha256').update(`host ${n}`).digest('base64')
  const id = hostIdOf(publicKey)
  const enrolment = { id, name: `full-${n}`, site: 'bench', publicKey, inventory }
  const { vcpus, memoryMiB } = inventory
  fleet.items.push(
    hostItem(enrolHost(enrolment, 'tenant-0', at)),
    plainItem(keyOf.hostLoad(id), { vcpus, memoryMiB, lastSeenAt: at }),
  )
  return id
}

const addVm = (
  fleet: Fleet,
  { n, tenantId, hostId, now }: { n: number; tenantId: string; hostId: string; now: number },
): string => {
  const at = new Date(now).toISOString()
  const spec = {
    name: `vm-${n}`,
    vcpus: 2,
    memoryMiB: 2048,
    labels: { env: environments[n % 3]!, rack: `r${n % 40}` },
  }
  const vm = vmCreated(placeVm(requestVm(newId('vm', now), tenantId, spec, at), hostId, 1, at), at)
  fleet.items.push(
    vmItem(n % 19 === 18 ? { ...vm, state: 'failed' } : vm),
    plainItem(keyOf.vmName(tenantId, vm.name), { vmId: vm.id }),
    ownershipItem(reserve(undefined, vm, hostId)),
  )
  return vm.id
}
