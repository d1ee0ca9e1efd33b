/**
 * POST /agent/v1/take-commands — the open commands of this host, each marked as taken before it is handed out: what
 * was never taken can still be withdrawn, what was taken may have been done. Asking again answers the same again. A
 * command about a VM that R no longer binds to this host is not handed out any more; nor is one that another journal of
 * this host accepted, unless it may begin anew: only the lost journal could say how far it came.
 */
import { commands, type Command } from '../../core/contract/command.ts'
import { binds } from '../../core/ownership.ts'
import {
  fenced,
  findCommand,
  isSettled,
  openMail,
  replaceCommand,
  settleCommand,
} from '../aws/commands.ts'
import { keyOf } from '../aws/keys.ts'
import { serve } from '../aws/serve.ts'
import { set, untilCommitted } from '../aws/commit.ts'
import { findOwnership } from '../aws/vms.ts'

const take = (commandId: string, journal: string, now: number): Promise<Command | undefined> =>
  untilCommitted(async () => {
    const record = await findCommand(commandId)
    if (!record?.command || isSettled(record)) return undefined
    const { vmId, generation, kind } = record.command
    const ownership = await findOwnership(vmId)
    if (!ownership || !binds(ownership, record.hostId, generation)) {
      await settleCommand(record, { state: 'withdrawn' }, now)
      return undefined
    }
    const isAnothers = record.incarnation !== null && record.incarnation !== journal
    if (isAnothers && !commands[kind].outlivesJournal) return undefined
    const change = { state: 'taken', ...(isAnothers && { incarnation: journal }) } as const
    if (isAnothers || record.state === 'open')
      await replaceCommand(record, change, fenced(ownership))
    return record.command
  })

export const handler = serve('take-commands', async ({ host, body, now, at }) => {
  const { incarnation } = body
  await set(keyOf.hostLoad(host.id), { lastSeenAt: at, incarnation })
  const taken: Command[] = []
  for (const commandId of await openMail(host.id)) {
    const command = await take(commandId, incarnation, now)
    if (command) taken.push(command)
  }
  return { commands: taken }
})
