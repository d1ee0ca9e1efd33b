/** What a change of a resource means to watchers: which event follows from how it was and how it is. */
import { eventTypes, type EventType } from './contract/event.ts'

export interface Seen {
  id: string
  version: number
  state?: string
  revokedAt?: string | null
}
export type Told = 'tenant' | 'apiKey' | 'host' | 'vm' | 'operation'

const known: ReadonlySet<string> = new Set(Object.keys(eventTypes))

/** A VM that came into a state is told by that state's name, where there is an event of it. */
const vmEvent = (before: Seen | undefined, after: Seen | undefined): EventType => {
  if (!after) return 'dev.novacron.vm.deleted.v1'
  if (!before) return 'dev.novacron.vm.requested.v1'
  const type = `dev.novacron.vm.${after.state}.v1`
  return before.state !== after.state && known.has(type)
    ? (type as EventType)
    : 'dev.novacron.vm.changed.v1'
}

const operationEvent = (before: Seen | undefined, after: Seen): EventType => {
  if (!before) return 'dev.novacron.operation.queued.v1'
  if (after.state === 'succeeded') return 'dev.novacron.operation.succeeded.v1'
  if (after.state === 'failed') return 'dev.novacron.operation.failed.v1'
  return 'dev.novacron.operation.progressed.v1'
}

/** Undefined where nothing is told: nothing changed, or what went was only kept for a while. */
export const happening = (
  what: Told,
  before: Seen | undefined,
  after: Seen | undefined,
): EventType | undefined => {
  if (before && after && before.version === after.version) return undefined
  switch (what) {
    case 'vm':
      return vmEvent(before, after)
    case 'operation':
      return after && operationEvent(before, after)
    case 'host':
      return after && (before ? 'dev.novacron.host.changed.v1' : 'dev.novacron.host.enrolled.v1')
    case 'apiKey':
      return after && (before ? 'dev.novacron.key.revoked.v1' : 'dev.novacron.key.created.v1')
    case 'tenant':
      return after && !before ? 'dev.novacron.tenant.created.v1' : undefined
  }
}

const collections: Record<Told, string> = {
  tenant: 'tenants',
  apiKey: 'keys',
  host: 'hosts',
  vm: 'vms',
  operation: 'operations',
}
export const pathOf = (what: Told, id: string) => `/v1/${collections[what]}/${id}`
