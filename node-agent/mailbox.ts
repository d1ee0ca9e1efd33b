/**
 * Looks for commands: when the doorbell rings, and on a slow timer whatever the doorbell does. Each look also tells
 * the control plane that this host is alive. A command that is not in the contract is left where it lies; it must not
 * keep the others from being carried out.
 */
import * as z from 'zod'
import type { Clock } from '../core/clock.ts'
import { Command } from '../core/contract/command.ts'
import type { RandomBytes } from '../core/ids.ts'
import { delayOf, spread } from './backoff.ts'
import type { Bell } from './bell.ts'
import { Refusal, type ControlPlane } from './control-plane.ts'
import { say } from './failures.ts'
import type { Log } from './log.ts'

export interface MailboxOptions {
  controlPlane: ControlPlane
  incarnation: string
  bell: Bell
  receive(command: Command): void
  clock: Clock
  random: RandomBytes
  signal: AbortSignal
  log: Log
  pollMs?: number
}

const Taken = z.object({ commands: z.array(z.unknown()) })

const look = async ({ controlPlane, incarnation, signal, receive, log }: MailboxOptions) => {
  const { commands } = await controlPlane.ask('take-commands', { incarnation }, Taken, { signal })
  for (const each of commands) {
    const { data: command, error } = Command.safeParse(each)
    if (command) receive(command)
    else log('error', 'command not understood', { reason: z.prettifyError(error) })
  }
}

/** Looks until aborted. */
export const watchMailbox = async (options: MailboxOptions) => {
  const { bell, clock, random, signal, log, pollMs = 20_000 } = options
  const backoff = { firstMs: 500, limitMs: pollMs }
  for (let failures = 0; !signal.aborted;) {
    let wait = spread(pollMs, random)
    try {
      await look(options)
      if (failures > 0) log('info', 'control plane is back', { failures })
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof Refusal)) throw error
      if (failures === 0) log('warn', 'control plane does not answer', { reason: say(error) })
      wait = Math.max(error.retryAfterMs, delayOf(backoff, failures, random))
      failures += 1
      // Whoever was told to come later comes later, whatever the doorbell says.
      if (error.retryAfterMs > 0) {
        await clock.sleep(wait, signal).catch(() => {})
        continue
      }
    }
    await bell.wait(wait, clock, signal).catch(() => {})
  }
}
