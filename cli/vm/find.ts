/** A VM by what a person has at hand: its id or its name, which is unique within a tenant. */
import type { Vm } from '../../core/contract/resources.ts'
import { CliFailure } from '../cli-failure.ts'
import type { Client } from '../client.ts'
import { listItems } from '../list-items.ts'

export const vmArgument = {
  kind: 'tuple',
  parameters: [{ brief: 'Its name or id', placeholder: 'vm', parse: String }],
} as const

/** A name may look like an id; nobody but the API can tell. */
export const findVm = async (api: Client, given: string): Promise<Vm> =>
  (/^vm-[0-9a-z]{26}$/.test(given) ? await byId(api, given) : undefined) ?? byName(api, given)

const byId = async (api: Client, vmId: string): Promise<Vm | undefined> => {
  try {
    return await api.call('get-vm', { params: { vmId } })
  } catch (error) {
    const absent =
      error instanceof CliFailure && ['NOT_FOUND', 'INPUT_INVALID'].includes(error.name)
    if (!absent) throw error
    return undefined
  }
}

/** The filter reads `*` as a pattern, which no name contains: only an equal name counts. */
const byName = async (api: Client, name: string): Promise<Vm> => {
  const filter = `name = "${name.replace(/["\\]/g, '\\$&')}"`
  const { items } = name.includes('*')
    ? { items: [] }
    : await listItems(api, 'list-vms', { filter, limit: 1 })
  const vm = items.find((item) => item.name === name)
  if (!vm) throw api.refusal('NOT_FOUND', { resource: 'vm', id: name })
  return vm
}
