/**
 * A host: a bare-metal server with one agent. Only what this house needs of the life cycle is reachable yet;
 * the states are all here because watchers and filters name them.
 *
 *   enrolling ──enrolled──▶ ready ⇄ draining ──drained──▶ maintenance ──resume──▶ ready
 *   ready|draining|degraded ──silent──▶ lost ──heard──▶ ready          any but lost ──retire──▶ retired
 */
import { createHash } from 'node:crypto'
import { next, stateTable } from './state-table.ts'
import type { Host, HostInventory } from './contract/resources.ts'

export const hostStates = stateTable({
  resource: 'host',
  states: ['enrolling', 'ready', 'draining', 'maintenance', 'degraded', 'lost', 'retired'],
  transitions: {
    enrolled: { from: ['enrolling'], to: 'ready' },
    drain: { from: ['ready', 'degraded'], to: 'draining' },
    drained: { from: ['draining'], to: 'maintenance' },
    resume: { from: ['draining', 'maintenance', 'degraded'], to: 'ready' },
    degrade: { from: ['ready'], to: 'degraded' },
    silent: { from: ['ready', 'draining', 'degraded'], to: 'lost' },
    heard: { from: ['lost'], to: 'ready' },
    retire: { from: ['enrolling', 'ready', 'draining', 'maintenance', 'degraded'], to: 'retired' },
  },
})

/** A host is named after its first key: an agent knows its name before anybody has answered it. */
export const hostIdOf = (publicKey: string) =>
  `host-${createHash('sha256').update(publicKey, 'base64').digest('hex').slice(0, 26)}`

export interface Enrolment {
  id: string
  name: string
  site: string
  publicKey: string
  inventory: HostInventory
}

export const enrolHost = (enrolment: Enrolment, tenantId: string, at: string): Host => ({
  id: enrolment.id,
  tenantId,
  name: enrolment.name,
  site: enrolment.site,
  publicKey: enrolment.publicKey,
  state: next(hostStates, 'enrolled', { id: enrolment.id, state: 'enrolling' }),
  inventory: enrolment.inventory,
  createdAt: at,
  updatedAt: at,
  version: 1,
})

/** What VMs have reserved on a host; a counter of its own, because it changes far more often than the host does. */
export interface Allocation {
  vcpus: number
  memoryMiB: number
}

export const fits = (inventory: HostInventory, allocated: Allocation, wanted: Allocation) =>
  allocated.memoryMiB + wanted.memoryMiB <= inventory.memoryMiB &&
  allocated.vcpus + wanted.vcpus <= inventory.vcpus
