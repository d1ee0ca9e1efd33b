/**
 * Control plane → agent. A command is imperative, idempotent by its id and carries the generation it is meant for.
 * It lies in the host's mailbox until a report ends it; the doorbell only says that there is something to fetch.
 * Adding one: an entry and its name in `Command` here, and its file in node-agent/commands/.
 */
import * as z from 'zod'
import { idOf } from '../ids.ts'
import type { Phase } from '../operation.ts'
import type { Vm } from './resources.ts'

interface CommandEntry<Arguments extends z.ZodType> {
  arguments: Arguments
  /** The phase of the operation whose workflow waits for it. */
  phase: Phase
  /** What it says, from the VM it is about. */
  say: (vm: Vm) => z.infer<Arguments>
  /**
   * Whether another journal of the same host may take up what one had accepted. Deleting may begin anew: it ends with
   * the VM seen to be gone. Making may not: the lost journal alone knows how far it came.
   */
  outlivesJournal: boolean
}

const entry = <Arguments extends z.ZodType>(command: CommandEntry<Arguments>) => command

export const commands = {
  'create-vm': entry({
    arguments: z.strictObject({ name: z.string(), vcpus: z.int(), memoryMiB: z.int() }),
    phase: 'creating on the host',
    say: ({ name, vcpus, memoryMiB }) => ({ name, vcpus, memoryMiB }),
    outlivesJournal: false,
  }),
  'delete-vm': entry({
    arguments: z.strictObject({}),
    phase: 'deleting on the host',
    say: () => ({}),
    outlivesJournal: true,
  }),
} as const

export type CommandKind = keyof typeof commands

const envelope = z.strictObject({
  id: z.string().max(200),
  vmId: idOf('vm'),
  generation: z.int().min(1),
  issuedAt: z.iso.datetime(),
  /** How often the agent says that it is still at work; three silences and the workflow stops waiting. */
  heartbeatSeconds: z.int().min(1),
  traceparent: z.string(),
})

const of = <K extends CommandKind, A extends z.ZodType>(
  kind: K,
  { arguments: said }: { arguments: A },
) => envelope.extend({ kind: z.literal(kind), arguments: said })

export const Command = z.discriminatedUnion('kind', [
  of('create-vm', commands['create-vm']),
  of('delete-vm', commands['delete-vm']),
])
export type Command = z.infer<typeof Command>
