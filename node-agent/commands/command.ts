/** What an agent knows about a kind of command: how to carry it out, and what it does to the VM's being. */
import type { Command, CommandKind } from '../../core/contract/command.ts'
import type { Hypervisor, Work } from '../hypervisor/hypervisor.ts'

export type CommandOf<K extends CommandKind> = Extract<Command, { kind: K }>

export interface AgentCommand<K extends CommandKind> {
  /**
   * begins   afterwards the VM is here; never again once it was ended under that generation
   * changes  the VM was here and stays
   * ends     afterwards it is not here; does not wait for a command on the VM that is under way
   */
  readonly effect: 'begins' | 'changes' | 'ends'
  /** Carries it out, once or again: twice must be as good as once. A rejection says nothing of what is left. */
  run(command: CommandOf<K>, hypervisor: Hypervisor, work: Work): Promise<void>
}
