/** `novacron vm update`: a VM's labels. */
import type { Vm } from '../../core/contract/resources.ts'
import { etagOf, ifMatchFlag } from '../if-match.ts'
import { showOne } from '../show.ts'
import { verb } from '../verb.ts'
import { findVm, vmArgument } from './find.ts'
import { labelFlag, type Label } from './labels.ts'
import { vmFields } from './row.ts'

interface Flags {
  label?: readonly Label[]
  removeLabel?: readonly string[]
  ifMatch?: string
}

/** Labels are replaced as a whole: what was read is sent back changed, and only if nobody else changed it. */
export const command = verb<Flags, [string]>({
  about: 'Change the labels of a VM; those that are not named stay.',
  examples: [
    ['demo --label env=prod', 'Set one'],
    ['demo --remove-label env', 'Remove one'],
  ],
  flags: {
    label: labelFlag,
    removeLabel: {
      kind: 'parsed',
      parse: String,
      variadic: true,
      optional: true,
      placeholder: 'name',
      brief: 'A label to remove; may be given several times',
    },
    ifMatch: ifMatchFlag,
  },
  positional: vmArgument,
  async run(cli, { label = [], removeLabel = [], ifMatch, ...flags }, given) {
    const api = await cli.connect(flags)
    const vm = await findVm(api, given)
    const changed = await api.call(
      'update-vm',
      { params: { vmId: vm.id }, body: { labels: relabelled(vm, label, removeLabel) } },
      { ifMatch: ifMatch ?? etagOf(vm) },
    )
    showOne(cli, flags.output, changed, vmFields)
  },
})

const relabelled = (vm: Vm, set: readonly Label[], remove: readonly string[]) => {
  const labels = Object.entries({ ...vm.labels, ...Object.fromEntries(set) })
  return Object.fromEntries(labels.filter(([name]) => !remove.includes(name)))
}
