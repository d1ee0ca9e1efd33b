/** VMs and who may run them. */
import type { Vm } from '../../core/contract/resources.ts'
import type { Ownership } from '../../core/ownership.ts'
import { resourceOf } from './items.ts'
import { keyOf } from './keys.ts'
import { get, load } from './table.ts'

export const loadVm = (tenantId: string, id: string) =>
  load<Vm>(keyOf.vm(tenantId, id), { resource: 'vm', id, tenantId })

/** The VM, or undefined once it is gone. */
export const findVm = async (tenantId: string, id: string): Promise<Vm | undefined> => {
  const item = await get(keyOf.vm(tenantId, id))
  return item && resourceOf<Vm>(item)
}

export const findOwnership = async (vmId: string): Promise<Ownership | undefined> => {
  const item = await get(keyOf.owner(vmId))
  return item && resourceOf<Ownership>(item)
}
