/** Stops a VM and removes what it was made of; one that is not here is deleted already. */
import type { Verb } from './verb.ts'

export const deleteVm: Verb<'delete-vm'> = {
  effect: 'ends',
  run: async ({ vmId, generation }, hypervisor, work) => {
    await hypervisor.delete({ vmId, generation }, work)
  },
}
