/**
 * Resources as they lie in the table: their fields, their key, their `is` (by which the stream is told) and, for
 * the few that something looks for from elsewhere, their place in the index.
 */
import type { StoredKey } from '../../core/api-key.ts'
import type { Host, Operation, Tenant, Vm } from '../../core/contract/resources.ts'
import type { Ownership } from '../../core/ownership.ts'
import { indexed, keyOf, type Key } from './keys.ts'

export type Kind = 'tenant' | 'apiKey' | 'host' | 'vm' | 'operation' | 'ownership' | 'plain'

/** Anything in the table. `version` is present on whatever is replaced as a whole. */
export type Item = Key & { is: Kind; ttl?: number; gsi1pk?: string; gsi1sk?: string } & Record<
    string,
    unknown
  >

/** Keeps an item for so long after `now`; the table's time to live counts seconds. */
export const until = (now: number, seconds: number) => Math.ceil(now / 1000) + seconds

export const tenantItem = (tenant: Tenant): Item => ({
  ...keyOf.tenant(tenant.id),
  is: 'tenant',
  ...tenant,
})

export const apiKeyItem = (key: StoredKey): Item => ({
  ...keyOf.apiKey(key.id),
  is: 'apiKey',
  gsi1pk: indexed.keysOf(key.tenantId),
  gsi1sk: key.id,
  ...key,
})

export const hostItem = (host: Host): Item => ({ ...keyOf.host(host.id), is: 'host', ...host })

export const vmItem = (vm: Vm): Item => ({
  ...keyOf.vm(vm.tenantId, vm.id),
  is: 'vm',
  gsi1pk: indexed.vmsIn(vm.tenantId, vm.state),
  gsi1sk: vm.id,
  ...vm,
})

export const operationItem = (operation: Operation): Item => ({
  ...keyOf.operation(operation.tenantId, operation.id),
  is: 'operation',
  ...operation,
})

/** What the workflow of an operation is started with; kept with it until it has been started. */
export interface Start {
  workflow: string
  input: Record<string, unknown>
}

/** An operation whose workflow may not have begun: the sweeper finds it by its place in the index. */
export const unstartedItem = (operation: Operation, start: Start): Item => ({
  ...operationItem(operation),
  gsi1pk: indexed.unstarted,
  gsi1sk: `${operation.createdAt}#${operation.id}`,
  start,
})

export const ownershipItem = (ownership: Ownership): Item => ({
  ...keyOf.owner(ownership.vmId),
  is: 'ownership',
  ...ownership,
})

export const plainItem = (key: Key, fields: Record<string, unknown>): Item => ({
  ...key,
  is: 'plain',
  ...fields,
})

/** The resource in an item: everything but where and how it is stored. */
export const resourceOf = <T>(item: Record<string, unknown>): T => {
  const { pk, sk, is, ttl, gsi1pk, gsi1sk, start, ...resource } = item
  return resource as T
}
