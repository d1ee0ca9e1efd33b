/**
 * The way of one command through an agent, the same for a new one and for one found in the journal after a restart:
 *
 *   admitted → journaled → `accepted` acknowledged → carried out, with heartbeats → outcome journaled → outcome told
 *
 * Nothing is done before the control plane has acknowledged `accepted`: had it given the VM to another host because
 * this one was silent, it says so there. Everything up to a line of the journal may happen again after a crash.
 */
import type { Clock } from '../core/clock.ts'
import type { Command } from '../core/contract/command.ts'
import type { RandomBytes } from '../core/ids.ts'
import { admit, type Verdict } from './admission.ts'
import { untilDone } from './backoff.ts'
import { effectOf, runVerb } from './commands/verbs.ts'
import { AgentFailure, say } from './failures.ts'
import { Heartbeat } from './heartbeat.ts'
import type { Hypervisor, Progress, Work } from './hypervisor/hypervisor.ts'
import type { Entry, Outcome } from './journal-entry.ts'
import type { Journal } from './journal.ts'
import { Lanes } from './lanes.ts'
import type { Log } from './log.ts'
import type { Reports } from './reports.ts'

export interface WorkerOptions {
  journal: Journal
  reports: Reports
  hypervisor: Hypervisor
  held: ReadonlyMap<string, number>
  parallel: number
  clock: Clock
  random: RandomBytes
  signal: AbortSignal
  log: Log
}

const failedWith = (reason: string): Outcome => ({ kind: 'failed', reason: reason.slice(0, 1000) })

export class Worker {
  readonly #options: WorkerOptions
  readonly #lanes: Lanes
  /** Commands that something is being done about: working on them, or telling their outcome. */
  readonly #busy = new Map<string, Promise<void>>()
  readonly #holding = new Set<string>()

  constructor(options: WorkerOptions) {
    this.#options = options
    const { parallel, signal, log } = options
    this.#lanes = new Lanes(parallel, signal, (error) => log('error', 'bug', { error: say(error) }))
  }

  /** Takes up what the journal has left open: half-done work, outcomes that nobody may have heard. */
  resume() {
    for (const { command } of this.#options.journal.unsettled()) this.receive(command)
  }

  /** A command from the mailbox, for the first time or again. */
  receive(command: Command) {
    if (this.#busy.has(command.id)) return
    const { signal, log } = this.#options
    const done = this.#see(command)
      .catch((error: unknown) => {
        if (!signal.aborted) log('error', 'command left for later', { ...facts(command, error) })
      })
      .finally(() => this.#busy.delete(command.id))
    this.#busy.set(command.id, done)
  }

  /** Resolves when nothing is under way any more; abort the signal first. */
  async settled() {
    await this.#lanes.settled()
    await Promise.all(this.#busy.values())
  }

  async #see(command: Command) {
    const { journal, held } = this.#options
    const known = journal.find(command.id)
    if (known?.outcome) return this.#tell(command, known.outcome)
    if (!known) {
      const verdict = admit(command, journal, held)
      if (verdict.admit === 'hold') return this.#hold(command, verdict)
      if (verdict.admit === 'refuse') return this.#refuse(command, verdict)
      await journal.record({ entry: 'accepted', command })
    }
    const outcome = await this.#workOn(command)
    if (outcome) await this.#tell(command, outcome)
  }

  #hold(command: Command, { reason }: Extract<Verdict, { admit: 'hold' }>) {
    if (this.#holding.has(command.id)) return
    this.#holding.add(command.id)
    this.#options.log('error', 'command held', { ...facts(command), reason })
  }

  async #refuse(command: Command, { reason }: Extract<Verdict, { admit: 'refuse' }>) {
    await this.#options.journal.record({ entry: 'refused', command, reason })
    await this.#tell(command, failedWith(reason))
  }

  /** From accepted to a journaled outcome; undefined when the control plane did not want it any more. */
  async #workOn(command: Command) {
    const { reports, journal, clock, signal, log } = this.#options
    log('info', 'command accepted', facts(command))
    if ((await reports.accepted(command, signal)) === 'unwanted') {
      await journal.record({ entry: 'dropped', commandId: command.id })
      return undefined
    }
    const heartbeat = new Heartbeat(command.heartbeatSeconds * 1000, clock, (progress, until) =>
      reports.progress(command, progress, until),
    )
    try {
      const outcome = await this.#inLane(command, (progress) => heartbeat.tell(progress))
      log('info', 'command finished', { ...facts(command), ...outcome })
      return outcome
    } finally {
      await heartbeat.stop()
    }
  }

  #inLane(command: Command, progress: (progress: Progress) => void) {
    const { signal } = this.#options
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const give = () => reject(signal.reason)
    signal.addEventListener('abort', give, { once: true })
    this.#lanes.add({
      vmId: command.vmId,
      overtakes: effectOf(command) === 'ends',
      run: (until) =>
        this.#finish(command, { signal: until, progress }).then(resolve, (error: unknown) => {
          if (error === until.reason) throw error
          reject(error)
        }),
    })
    return promise.finally(() => signal.removeEventListener('abort', give))
  }

  /** The outcome stands in the journal before the lane goes on: by that the next command on the VM is judged. */
  async #finish(command: Command, work: Work) {
    const outcome = await this.#carryOut(command, work)
    const gone = outcome.kind === 'done' && effectOf(command) === 'ends'
    await this.#recordSurely({ entry: 'finished', commandId: command.id, outcome, gone })
    return outcome
  }

  /** Judged again: much may have happened on the VM while this command waited for its turn. */
  async #carryOut(command: Command, work: Work): Promise<Outcome> {
    const { journal, held, hypervisor } = this.#options
    const verdict = admit(command, journal, held)
    if (verdict.admit !== 'yes') return failedWith(verdict.reason)
    try {
      await runVerb(command, hypervisor, work)
      return { kind: 'done' }
    } catch (error) {
      work.signal.throwIfAborted()
      return failedWith(say(error))
    }
  }

  /** What has happened has happened: a full disk delays the telling, nothing else. */
  #recordSurely(entry: Entry) {
    const { journal, clock, random, signal, log } = this.#options
    const failed = (error: unknown) => {
      if (!(error instanceof AgentFailure)) throw error
      log('error', 'outcome not journaled, trying again', { reason: say(error), fix: error.fix })
      return 0
    }
    const backoff = { firstMs: 500, limitMs: 10_000 }
    return untilDone({ clock, random, signal, backoff, failed }, () => journal.record(entry))
  }

  async #tell(command: Command, outcome: Outcome) {
    const { reports, journal, signal, log } = this.#options
    await reports.outcome(command, outcome, signal)
    if (!journal.find(command.id)?.acknowledged)
      journal.note({ entry: 'acknowledged', commandId: command.id })
    log('info', 'outcome told', facts(command))
  }
}

const facts = ({ id, kind, vmId, generation, traceparent }: Command, error?: unknown) => ({
  command: id,
  kind,
  vmId,
  generation,
  traceparent,
  ...(error !== undefined && { reason: say(error) }),
})
