/**
 * POST /agent/v1/take-commands — the open commands of this host, each marked as taken before it is handed out: what
 * was never taken can still be withdrawn, what was taken may have been done. Asking again answers the same again. A
 * command about a VM that R no longer binds to this host is not handed out any more.
 */
import type { Command } from '../../core/contract/command.ts'
import { binds } from '../../core/ownership.ts'
import { findCommand, isSettled, openMail, replaceCommand, settleCommand } from '../aws/commands.ts'
import { keyOf } from '../aws/keys.ts'
import { serve } from '../aws/serve.ts'
import { set, untilCommitted } from '../aws/commit.ts'
import { findOwnership } from '../aws/vms.ts'

const take = (commandId: string, now: number): Promise<Command | undefined> =>
  untilCommitted(async () => {
    const record = await findCommand(commandId)
    if (!record?.command || isSettled(record)) return undefined
    const { vmId, generation } = record.command
    if (!binds(await findOwnership(vmId), record.hostId, generation)) {
      await settleCommand(record, { state: 'withdrawn' }, now)
      return undefined
    }
    if (record.state === 'open') await replaceCommand(record, { state: 'taken' })
    return record.command
  })

export const handler = serve('take-commands', async ({ host, body, now, at }) => {
  await set(keyOf.hostLoad(host.id), { lastSeenAt: at, incarnation: body.incarnation })
  const commands: Command[] = []
  for (const commandId of await openMail(host.id)) {
    const command = await take(commandId, now)
    if (command) commands.push(command)
  }
  return { commands }
})
