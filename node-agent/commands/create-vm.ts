/** Makes a VM and lets it run; one that runs already under this generation is what was asked for. */
import type { Verb } from './verb.ts'

export const createVm: Verb<'create-vm'> = {
  effect: 'begins',
  run: async ({ vmId, generation, arguments: shape }, hypervisor, work) => {
    await hypervisor.create({ vmId, generation, shape }, work)
  },
}
