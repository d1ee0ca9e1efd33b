/**
 * The way of one command through an agent, the same for a new one and for one found in the journal after a restart:
 *
 *   admitted → journaled → `accepted` acknowledged → carried out, with heartbeats → outcome journaled → outcome told
 *
 * Nothing is done before the control plane has acknowledged `accepted`: had it given the VM to another host because
 * this one was silent, it says so there. Everything up to a line of the journal may happen again after a crash.
 * A command that was to begin a VM is `failed` only when the VM was seen to be absent (absence.ts). Until then this
 * host is silent about it, and looks again and again; silence leaves the VM bound to this host.
 */
import type { Clock } from '../core/clock.ts'
import type { Command } from '../core/contract/command.ts'
import type { RandomBytes } from '../core/ids.ts'
import { clearAway, observeAbsence, StillHere } from './absence.ts'
import { admit } from './admission.ts'
import { delayOf, untilDone } from './backoff.ts'
import { carryOut, effectOf } from './commands/commands.ts'
import { AgentFailure, say } from './failures.ts'
import { Heartbeat } from './heartbeat.ts'
import type { Hypervisor, Progress } from './hypervisor/hypervisor.ts'
import type { Entry, Outcome } from './journal-entry.ts'
import type { Journal } from './journal.ts'
import { factsOf, keep, understand, type Named } from './kept-command.ts'
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

/** The command has failed for that reason, and what is left of it has not been seen yet. */
interface Unclear {
  kind: 'unclear'
  reason: string
}

const failedWith = (reason: string): Outcome => ({ kind: 'failed', reason: reason.slice(0, 1000) })
const lookAgain = { firstMs: 1000, limitMs: 60_000 }

class Held extends Error {}

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
    for (const { command: kept, outcome } of this.#options.journal.unsettled()) {
      if (outcome) this.#attend(kept, () => this.#tell(kept, outcome))
      else {
        const command = understand(kept)
        if ('unclear' in command) this.#hold(kept, `HOLD: not understood: ${command.unclear}`)
        else this.receive(command)
      }
    }
  }

  /** A command from the mailbox, for the first time or again. */
  receive(command: Command) {
    this.#attend(command, () => this.#see(command))
  }

  /** Resolves when nothing is under way any more; abort the signal first. */
  async settled() {
    await this.#lanes.settled()
    await Promise.all(this.#busy.values())
  }

  #attend(command: Named, attend: () => Promise<void>) {
    if (this.#busy.has(command.id)) return
    const { signal, log } = this.#options
    const done = attend()
      .catch((error: unknown) => {
        if (signal.aborted) return
        if (error instanceof Held) this.#hold(command, error.message)
        else log('error', 'command left for later', { ...factsOf(command), reason: say(error) })
      })
      .finally(() => this.#busy.delete(command.id))
    this.#busy.set(command.id, done)
  }

  async #see(command: Command) {
    const { journal } = this.#options
    const known = journal.find(command.id)
    if (known?.outcome) return this.#tell(command, known.outcome)
    const refused = this.#judge(command)
    if (!known) {
      if (refused !== undefined) return this.#refuse(command, refused)
      await journal.record({ entry: 'accepted', command: keep(command) })
    }
    const outcome = await this.#workOn(command)
    if (outcome) await this.#tell(command, outcome)
  }

  /** Why the command is refused, if it is. */
  #judge(command: Command) {
    const { journal, held } = this.#options
    const verdict = admit(command, journal, held)
    if (verdict.admit === 'hold') throw new Held(verdict.reason)
    return verdict.admit === 'refuse' ? verdict.reason : undefined
  }

  /** No answer, and nothing is done; should it come again, it is judged again. */
  #hold(command: Named, reason: string) {
    if (this.#holding.has(command.id)) return
    this.#holding.add(command.id)
    this.#options.log('error', 'command held', { ...factsOf(command), reason })
  }

  async #refuse(command: Command, reason: string) {
    if (effectOf(command) === 'begins')
      await observeAbsence(command, this.#options).catch((error: unknown) => {
        throw error instanceof StillHere ? new Held(`${reason}; but ${error.message}`) : error
      })
    await this.#options.journal.record({ entry: 'refused', command: keep(command), reason })
    await this.#tell(command, failedWith(reason))
  }

  /** From accepted to a journaled outcome; undefined when the control plane did not want it any more. */
  async #workOn(command: Command) {
    const { reports, journal, clock, signal, log } = this.#options
    log('info', 'command accepted', factsOf(command))
    if ((await reports.accepted(command, signal)) === 'unwanted') {
      await journal.record({ entry: 'dropped', commandId: command.id })
      return undefined
    }
    const heartbeat = new Heartbeat(command.heartbeatSeconds * 1000, clock, (progress, until) =>
      reports.progress(command, progress, until),
    )
    const tell = (progress: Progress) => heartbeat.tell(progress)
    const end = await this.#inLane(command, (until) =>
      this.#carryOut(command, until, tell),
    ).finally(() => heartbeat.stop())
    const outcome = end.kind === 'unclear' ? await this.#untilClear(command, end) : end
    log('info', 'command finished', { ...factsOf(command), ...outcome })
    return outcome
  }

  /** Without a heartbeat, and between two looks without a place in the lane. */
  async #untilClear(command: Command, { reason }: Unclear) {
    const { clock, random, signal } = this.#options
    for (let attempt = 0; ; attempt += 1) {
      await clock.sleep(delayOf(lookAgain, attempt, random), signal)
      const end = await this.#inLane(command, (until) => this.#fail(command, reason, until))
      if (end.kind !== 'unclear') return end
    }
  }

  #inLane(command: Command, work: (until: AbortSignal) => Promise<Outcome | Unclear>) {
    const { signal } = this.#options
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Outcome | Unclear>()
    const give = () => reject(signal.reason)
    signal.addEventListener('abort', give, { once: true })
    this.#lanes.add({
      vmId: command.vmId,
      overtakes: effectOf(command) === 'ends',
      run: (until) =>
        this.#finish(command, () => work(until)).then(resolve, (error: unknown) => {
          if (error === until.reason) throw error
          reject(error)
        }),
    })
    return promise.finally(() => signal.removeEventListener('abort', give))
  }

  /** The outcome stands in the journal before the lane goes on: by that the next command on the VM is judged. */
  async #finish(command: Command, work: () => Promise<Outcome | Unclear>) {
    const end = await work()
    if (end.kind === 'unclear') return end
    const gone = end.kind === 'done' && effectOf(command) === 'ends'
    await this.#recordSurely({ entry: 'finished', commandId: command.id, outcome: end, gone })
    return end
  }

  /** Judged again: much may have happened on the VM while this command waited for its turn. */
  async #carryOut(command: Command, signal: AbortSignal, progress: (progress: Progress) => void) {
    const refused = this.#judge(command)
    if (refused !== undefined) return this.#fail(command, refused, signal)
    try {
      await carryOut(command, this.#options.hypervisor, { signal, progress })
      return { kind: 'done' } as const
    } catch (error) {
      signal.throwIfAborted()
      return this.#fail(command, say(error), signal)
    }
  }

  /** An error says what went wrong, not what is left: that is looked at. */
  async #fail(command: Command, reason: string, signal: AbortSignal): Promise<Outcome | Unclear> {
    if (effectOf(command) !== 'begins') return failedWith(reason)
    const looking = { ...this.#options, signal }
    try {
      // Once it is refused, what is here may be another command's: nothing is removed for it.
      if (this.#judge(command) !== undefined) await observeAbsence(command, looking)
      else if ((await clearAway(command, looking)) === 'running') return { kind: 'done' }
      return failedWith(reason)
    } catch (error) {
      signal.throwIfAborted()
      const what = 'command failed and what is left of it is unknown, looking again'
      this.#options.log('error', what, { ...factsOf(command), reason: say(error), failure: reason })
      return { kind: 'unclear', reason }
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

  async #tell(command: Named, outcome: Outcome) {
    const { reports, journal, signal, log } = this.#options
    await reports.outcome(command, outcome, signal)
    if (!journal.find(command.id)?.acknowledged)
      journal.note({ entry: 'acknowledged', commandId: command.id })
    log('info', 'outcome told', factsOf(command))
  }
}
