/** `novacron vm create`: a VM on a host that fits, and the wait until it runs. */
import { parseCount } from '../counts.ts'
import { settle, showValid, waitFlags, type WaitFlags } from '../operation/settle.ts'
import { targetId } from '../operation/row.ts'
import { table } from '../table.ts'
import { verb } from '../verb.ts'
import { labelFlag, type Label } from './labels.ts'
import { parseMemory } from './memory.ts'
import { vmColumns } from './row.ts'

interface Flags extends WaitFlags {
  vcpus: number
  memory: number
  label?: readonly Label[]
}

export const command = verb<Flags, [string]>({
  about:
    'Create a VM on a host that fits, start it and wait until it runs. Ctrl-C detaches; the creation continues.',
  examples: [
    ['demo', 'One vCPU, 512 MiB'],
    ['web-1 --vcpus 2 --memory 2GiB --label env=prod', 'Larger, with a label'],
    ['web-2 --no-wait -o json', 'Only begin it'],
    ['web-3 --validate-only', 'Only check whether it could be'],
  ],
  flags: {
    vcpus: { kind: 'parsed', parse: parseCount, default: '1', brief: 'Virtual processors' },
    memory: {
      kind: 'parsed',
      parse: parseMemory,
      default: '512MiB',
      brief: 'Memory: 512MiB, 2GiB',
    },
    label: labelFlag,
    ...waitFlags,
  },
  positional: {
    kind: 'tuple',
    parameters: [{ brief: 'A name, unique in your tenant', placeholder: 'name', parse: String }],
  },
  async run(cli, { vcpus, memory, label = [], validateOnly, ...flags }, name) {
    const api = await cli.connect(flags)
    const body = { name, vcpus, memoryMiB: memory, labels: Object.fromEntries(label) }
    const title = `create vm ${name}`
    if (validateOnly) {
      const answer = await api.call('create-vm', { body, query: { validateOnly: 'true' } })
      return showValid(cli, title, answer, flags)
    }
    const operation = await api.call('create-vm', { body })
    const vmId = targetId(operation)
    if (flags.output === 'name') cli.terminal.data(vmId)
    const ifFailed = [
      {
        text: 'Remove what is left, to use the name again',
        command: `npx novacron vm delete ${name}`,
      },
    ]
    const ended = await settle(cli, api, operation, { ...flags, title, ifFailed })
    if (!ended || flags.output !== 'table') return
    const vm = await api.call('get-vm', { params: { vmId } })
    cli.terminal.data(table([vm], vmColumns(cli), cli.terminal))
    cli.terminal.say(`Look at it: npx novacron vm get ${name}`)
  },
})
