/**
 * POST /agent/v1/take-commands — the open commands of this host, each marked as taken before it is handed out: what
 * was never taken can still be withdrawn, what was taken may have been done. Asking again answers the same again.
 */
import type { Command } from '../../core/contract/command.ts'
import { findCommand, isSettled, openMail, replaceCommand } from '../aws/commands.ts'
import { keyOf } from '../aws/keys.ts'
import { serve } from '../aws/serve.ts'
import { set, untilCommitted } from '../aws/table.ts'

const take = (commandId: string): Promise<Command | undefined> =>
  untilCommitted(async () => {
    const record = await findCommand(commandId)
    if (!record || isSettled(record)) return undefined
    if (record.state === 'open') await replaceCommand(record, { state: 'taken' })
    return record.command
  })

export const handler = serve('take-commands', async ({ host, body, at }) => {
  await set(keyOf.hostLoad(host.id), { lastSeenAt: at, incarnation: body.incarnation })
  const commands: Command[] = []
  for (const commandId of await openMail(host.id)) {
    const command = await take(commandId)
    if (command) commands.push(command)
  }
  return { commands }
})
