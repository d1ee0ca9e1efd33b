/**
 * One line of the journal: a JSON object whose last member is the CRC-32 of the rest, so that a line which was not
 * written whole, or has rotted since, is never mistaken for one that was.
 *
 *   incarnation   always the first: a random name for this journal; a lost journal comes back under another
 *   vm            what is left of older lines after compaction: the generations this host has seen of a VM
 *   accepted      will be finished or failed, whatever restarts; binds the VM to the command's generation
 *   refused       was answered `failed` without having been begun; binds nothing
 *   finished      what became of an accepted command; `gone`: the VM no longer exists under that generation
 *   dropped       the control plane did not want it any more before it was begun
 *   acknowledged  the control plane has heard the outcome
 */
import { crc32 } from 'node:zlib'
import * as z from 'zod'
import { idOf } from '../core/ids.ts'
import { KeptCommand } from './kept-command.ts'

export const Outcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done') }),
  z.strictObject({ kind: z.literal('failed'), reason: z.string().min(1).max(1000) }),
])
export type Outcome = z.infer<typeof Outcome>

const commandId = z.string().max(200)
export const Entry = z.discriminatedUnion('entry', [
  z.strictObject({
    entry: z.literal('incarnation'),
    format: z.literal(1),
    incarnation: z.string().min(1).max(64),
    at: z.iso.datetime(),
  }),
  z.strictObject({
    entry: z.literal('vm'),
    vmId: idOf('vm'),
    generation: z.int().min(0),
    goneGeneration: z.int().min(0),
  }),
  z.strictObject({ entry: z.literal('accepted'), command: KeptCommand }),
  z.strictObject({ entry: z.literal('refused'), command: KeptCommand, reason: z.string() }),
  z.strictObject({ entry: z.literal('finished'), commandId, outcome: Outcome, gone: z.boolean() }),
  z.strictObject({ entry: z.literal('dropped'), commandId }),
  z.strictObject({ entry: z.literal('acknowledged'), commandId }),
])
export type Entry = z.infer<typeof Entry>

const checkOf = (text: string) => crc32(text).toString(16).padStart(8, '0')

export const lineOf = (entry: Entry) => {
  const text = JSON.stringify(entry)
  return `${text.slice(0, -1)},"crc":"${checkOf(text)}"}\n`
}

/**
 * The entry of a line (without its newline). A line that is not as `lineOf` has written it is damaged; one that is and
 * still says nothing to us was written by another version, and must not be passed over: it may bind this host.
 */
export const entryOf = (line: string): Entry | 'damaged' | 'not ours' => {
  const match = /^(.*),"crc":"([0-9a-f]{8})"\}$/.exec(line)
  if (!match) return 'damaged'
  const text = `${match[1]!}}`
  if (checkOf(text) !== match[2]) return 'damaged'
  return Entry.safeParse(JSON.parse(text)).data ?? 'not ours'
}
