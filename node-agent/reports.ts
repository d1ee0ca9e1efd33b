/**
 * Telling the control plane what became of a command. What matters is told until it is acknowledged, however long the
 * control plane is away; progress is told once and may be lost. An answer that the command is no longer ours, or that
 * its generation has passed, ends the telling: somebody else has decided.
 */
import type { Clock } from '../core/clock.ts'
import { routes } from '../core/contract/api.ts'
import type { Report } from '../core/contract/report.ts'
import type { RandomBytes } from '../core/ids.ts'
import { untilDone } from './backoff.ts'
import { Refusal, type ControlPlane, type RefusalCode } from './control-plane.ts'
import { say } from './failures.ts'
import type { Log } from './log.ts'
import type { Progress } from './hypervisor/hypervisor.ts'
import type { Outcome } from './journal-entry.ts'
import type { KeptCommand } from './kept-command.ts'

export type Reception = 'acknowledged' | 'unwanted'

/** What a report says of its command; also of one whose kind this version does not know. */
export type Told = Pick<KeptCommand, 'id' | 'generation' | 'traceparent'>

export interface Reports {
  accepted(command: Told, signal: AbortSignal): Promise<Reception>
  outcome(command: Told, outcome: Outcome, signal: AbortSignal): Promise<Reception>
  progress(command: Told, progress: Progress, signal: AbortSignal): Promise<void>
}

export interface Reporting {
  controlPlane: ControlPlane
  incarnation: string
  clock: Clock
  random: RandomBytes
  log: Log
}

const answer = routes.report.answers[200].strip()
const unwanted: ReadonlySet<RefusalCode> = new Set([
  'GENERATION_STALE',
  'INCARNATION_STALE',
  'COMMAND_NOT_YOURS',
])
const isUnwanted = (error: unknown) => error instanceof Refusal && unwanted.has(error.code)

export const reportsTo = (reporting: Reporting): Reports => {
  const { controlPlane, incarnation, clock, random, log } = reporting

  const tell = ({ traceparent }: Told, report: Report, signal: AbortSignal) =>
    controlPlane.ask('report', report, answer, {
      signal,
      ...(traceparent !== undefined && { traceparent }),
    })

  const insist = async (command: Told, report: Report, signal: AbortSignal) => {
    const facts = { command: command.id, report: report.kind, traceparent: command.traceparent }
    const failed = (error: unknown, attempt: number) => {
      if (!(error instanceof Refusal) || unwanted.has(error.code)) throw error
      if (attempt === 0 || attempt % 10 === 9)
        log('warn', 'report not heard, telling it again', { ...facts, reason: say(error) })
      return error.retryAfterMs
    }
    const backoff = { firstMs: 200, limitMs: 20_000 }
    try {
      await untilDone({ clock, random, signal, backoff, failed }, () =>
        tell(command, report, signal),
      )
      return 'acknowledged'
    } catch (error) {
      if (!isUnwanted(error)) throw error
      log('warn', 'report not wanted', { ...facts, reason: say(error) })
      return 'unwanted'
    }
  }

  const envelope = ({ id, generation }: Told) => ({ commandId: id, generation, incarnation })
  return {
    accepted: (command, signal) =>
      insist(command, { ...envelope(command), kind: 'accepted' }, signal),
    outcome: (command, outcome, signal) =>
      insist(command, { ...envelope(command), ...outcome }, signal),
    progress: async (command, { percent, etaMs }, signal) => {
      const report: Report = { ...envelope(command), kind: 'progress', percent, etaMs }
      await tell(command, report, signal).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error
      })
    },
  }
}
