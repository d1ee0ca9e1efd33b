/**
 * What the journal keeps of a command: its envelope, and the rest as it was received. Lines outlive versions, in both
 * directions, so whatever another version added is kept and written again, and only the names below must not change.
 * What cannot be understood is no reason not to start: it is held, neither carried out nor answered.
 */
import * as z from 'zod'
import { Command } from '../core/contract/command.ts'
import { idOf } from '../core/ids.ts'

/** Rises when a name below, or `arguments`, gets another meaning. Lines from before it was counted carry none. */
const format = 1

export const KeptCommand = z.looseObject({
  format: z.int().min(1).default(format),
  id: z.string().min(1).max(200),
  kind: z.string(),
  vmId: idOf('vm'),
  generation: z.int().min(1),
  arguments: z.unknown(),
  traceparent: z.string().optional(),
})
export type KeptCommand = z.infer<typeof KeptCommand>

export const keep = (command: Command): KeptCommand => ({ format, ...command })

/** What this version knows a command by, whatever its kind; what else is kept belongs to another version. */
const members: Record<keyof Command, true> = {
  id: true,
  kind: true,
  vmId: true,
  generation: true,
  issuedAt: true,
  heartbeatSeconds: true,
  traceparent: true,
  arguments: true,
}

/** The command, when this version knows its kind and everything its arguments ask for; else why not. */
export const understand = (kept: KeptCommand): Command | { unclear: string } => {
  if (kept.format > format)
    return { unclear: `it was kept in format ${kept.format}, this version reads up to ${format}` }
  const known = Object.fromEntries(Object.keys(members).map((name) => [name, kept[name]]))
  const { data, error } = Command.safeParse(known)
  return data ?? { unclear: z.prettifyError(error) }
}

/** What can be said of any command, also of one that this version does not understand. */
export type Named = Pick<KeptCommand, 'id' | 'kind' | 'vmId' | 'generation' | 'traceparent'>

/** For a log. */
export const factsOf = ({ id, kind, vmId, generation, traceparent }: Named) => ({
  command: id,
  kind,
  vmId,
  generation,
  traceparent,
})
