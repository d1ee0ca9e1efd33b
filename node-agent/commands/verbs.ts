/** Every kind of command and the file that carries it out. A kind without one does not compile. */
import type { Command, CommandKind } from '../../core/contract/command.ts'
import type { Hypervisor, Work } from '../hypervisor/hypervisor.ts'
import { createVm } from './create-vm.ts'
import { deleteVm } from './delete-vm.ts'
import type { Verb } from './verb.ts'

export const verbs: { readonly [K in CommandKind]: Verb<K> } = {
  'create-vm': createVm,
  'delete-vm': deleteVm,
}

export const effectOf = (command: Command) => verbs[command.kind].effect

/** The verb of a command's kind takes that command; the compiler cannot see that the two go together. */
export const runVerb = (command: Command, hypervisor: Hypervisor, work: Work) => {
  const verb = verbs[command.kind] as Verb<CommandKind>
  return verb.run(command as never, hypervisor, work)
}
