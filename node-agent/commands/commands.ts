/** Every kind of command and the file that carries it out. A kind without one does not compile. */
import type { Command, CommandKind } from '../../core/contract/command.ts'
import type { Hypervisor, Work } from '../hypervisor/hypervisor.ts'
import type { AgentCommand } from './command.ts'
import { createVm } from './create-vm.ts'
import { deleteVm } from './delete-vm.ts'

export const agentCommands: { readonly [K in CommandKind]: AgentCommand<K> } = {
  'create-vm': createVm,
  'delete-vm': deleteVm,
}

export const effectOf = (command: Command) => agentCommands[command.kind].effect

/** What carries out a command's kind takes that command; the compiler cannot see that the two go together. */
export const carryOut = (command: Command, hypervisor: Hypervisor, work: Work) => {
  const { run } = agentCommands[command.kind] as AgentCommand<CommandKind>
  return run(command as never, hypervisor, work)
}
