/** `novacron vm delete`: stops a VM, deletes it, and waits until it is gone. */
import { ifMatchFlag } from '../if-match.ts'
import { settle, showValid, waitFlags, type WaitFlags } from '../operation/settle.ts'
import { verb } from '../verb.ts'
import { findVm, vmArgument } from './find.ts'

interface Flags extends WaitFlags {
  ifMatch?: string
}

export const command = verb<Flags, [string]>({
  about: 'Stop a VM and delete it. Ctrl-C detaches; the deletion continues.',
  examples: [
    ['demo', 'By its name'],
    ['demo --if-match v3', 'Only if nobody has changed it since'],
    ['demo --validate-only', 'Only check whether it could be deleted'],
  ],
  flags: { ...waitFlags, ifMatch: ifMatchFlag },
  positional: vmArgument,
  async run(cli, { ifMatch, validateOnly, ...flags }, given) {
    const api = await cli.connect(flags)
    const vm = await findVm(api, given)
    const title = `delete vm ${vm.name}`
    const params = { vmId: vm.id }
    const sending = ifMatch === undefined ? {} : { ifMatch }
    if (validateOnly) {
      const query = { validateOnly: 'true' } as const
      const answer = await api.call('delete-vm', { params, query }, sending)
      return showValid(cli, title, answer, flags)
    }
    const where = vm.hostId ? ` on ${vm.hostId}` : ''
    cli.terminal.say(`Deleting VM ${vm.name} (${vm.id}, ${vm.state}${where})`)
    const operation = await api.call('delete-vm', { params }, sending)
    await settle(cli, api, operation, { ...flags, title })
    if (flags.output === 'name') cli.terminal.data(vm.id)
  },
})
