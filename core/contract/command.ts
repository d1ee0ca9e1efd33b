/**
 * Control plane → agent. A command is imperative, idempotent by its id and carries the generation it is meant for.
 * It lies in the host's mailbox until a report ends it; the doorbell only says that there is something to fetch.
 * Adding one: a line here, its file in node-agent/commands/, its result below.
 */
import * as z from 'zod'
import { idOf } from '../ids.ts'

export const commandArguments = {
  'create-vm': z.strictObject({
    name: z.string(),
    vcpus: z.int(),
    memoryMiB: z.int(),
  }),
  'delete-vm': z.strictObject({}),
} as const
export type CommandKind = keyof typeof commandArguments
export const commandKinds = Object.keys(commandArguments) as [CommandKind, ...CommandKind[]]
export type CommandArguments<K extends CommandKind> = z.infer<(typeof commandArguments)[K]>

const envelope = {
  id: z.string().max(200),
  vmId: idOf('vm'),
  generation: z.int().min(1),
  issuedAt: z.iso.datetime(),
  /** How often the agent says that it is still at work; three silences and the workflow stops waiting. */
  heartbeatSeconds: z.int().min(1),
  traceparent: z.string(),
}

export const Command = z.discriminatedUnion('kind', [
  z.strictObject({
    ...envelope,
    kind: z.literal('create-vm'),
    arguments: commandArguments['create-vm'],
  }),
  z.strictObject({
    ...envelope,
    kind: z.literal('delete-vm'),
    arguments: commandArguments['delete-vm'],
  }),
])
export type Command = z.infer<typeof Command>
