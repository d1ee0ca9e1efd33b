/** Stops a VM and removes what it was made of; one that is not here is deleted already. */
import type { AgentCommand } from './command.ts'

export const deleteVm: AgentCommand<'delete-vm'> = {
  effect: 'ends',
  run: async ({ vmId, generation }, hypervisor, work) => {
    await hypervisor.delete({ vmId, generation }, work)
  },
}
