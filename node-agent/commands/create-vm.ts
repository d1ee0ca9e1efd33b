/** Makes a VM and lets it run; one that runs already under this generation is what was asked for. */
import type { AgentCommand } from './command.ts'

export const createVm: AgentCommand<'create-vm'> = {
  effect: 'begins',
  run: async ({ vmId, generation, arguments: shape }, hypervisor, work) => {
    await hypervisor.create({ vmId, generation, shape }, work)
  },
}
