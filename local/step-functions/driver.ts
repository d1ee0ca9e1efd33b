/**
 * Moves executions: takes what happens to each in turn, has the transition decided, stores it, and only
 * then does what follows from it: invoke a function, set the alarm, move on. What follows is read off the
 * stored frames and doing it twice is harmless, so a restart is nothing but following every stored frame.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import { isStorageTrouble } from '../storage-trouble.ts'
import { Alarm } from './alarm.ts'
import { Draft } from './draft.ts'
import { dueAt, type Call, type Execution, type Frame } from './frames.ts'
import { invokeFor, type Invoke } from './invocations.ts'
import type { Journal } from './journal.ts'
import { maxHistoryEvents } from './limits.ts'
import type { Machines } from './machines.ts'
import { Queues } from './queues.ts'
import type { Happening } from './transitions/happenings.ts'
import { failExecution } from './transitions/settle-execution.ts'
import { transition } from './transitions/transition.ts'
import type { Work } from './work.ts'

/** How long to wait before trying again what could not be stored. */
const storageDelay = 1_000

export interface DriverOptions {
  journal: Journal
  machines: Machines
  clock: Clock
  random: () => number
  invoke: Invoke
  work: Work
  /** An execution has ended, which is stored by now. */
  settled: () => void
}

export class Driver {
  readonly #options: DriverOptions
  readonly #queues = new Queues()
  readonly #alarm: Alarm
  readonly #invoking = new Set<string>()
  readonly #closing = new AbortController()

  constructor(options: DriverOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.clock, (now) => this.#ring(now))
  }

  /** Goes on with every execution where its rows say it stands. */
  resume(): void {
    for (const frame of this.#options.journal.unsettledFrames()) this.follow(frame)
    this.#ring(this.#options.clock.now())
  }

  /** Resolves when the happening's transition is stored; false if it came too late to mean anything. */
  happen(execution: number, happening: Happening): Promise<boolean> {
    const { work } = this.#options
    return work.track(this.#queues.run(execution, () => this.#move(execution, happening)))
  }

  /** Does what a stored frame asks for. */
  follow(frame: Frame): void {
    const due = dueAt(frame)
    if (due !== null && due > this.#options.clock.now()) this.#alarm.set(due)
    else if (due !== null) this.#push(frame.execution, { kind: 'due', frame: frame.id })
    if (frame.phase === 'ready') this.#push(frame.execution, { kind: 'ready', frame: frame.id })
    if (frame.phase === 'invoking') this.#invoke(frame)
  }

  /** Makes sure that a newly stored deadline is kept. */
  expect(deadline: number | null): void {
    if (deadline !== null) this.#alarm.set(deadline)
  }

  /** Stops at once. Answers still to come are dropped: after the next start those calls are made again. */
  close(): void {
    this.#closing.abort()
    this.#alarm.close()
  }

  async #move(id: number, happening: Happening): Promise<boolean> {
    const { journal } = this.#options
    this.#mustBeOpen()
    const execution = journal.execution(id)
    if (execution?.status !== 'RUNNING') return false
    const draft = await this.#decide(execution, happening)
    if (!draft) return false
    this.#mustBeOpen()
    journal.commit(draft)
    if (draft.settlement) this.#options.settled()
    else for (const frame of draft.saved) this.follow(frame)
    return true
  }

  async #decide(execution: Execution, happening: Happening): Promise<Draft | undefined> {
    const draft = this.#draft(execution, 'frame' in happening ? happening.frame : undefined)
    try {
      if (!(await transition(draft, happening))) return undefined
    } catch (thrown) {
      if (isStorageTrouble(thrown)) throw thrown
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      return this.#failed(execution, `The interpreter failed: ${reason}`)
    }
    const events = execution.events + draft.events.length
    const room = draft.settlement ? maxHistoryEvents : maxHistoryEvents - 1
    if (events <= room) return draft
    return this.#failed(
      execution,
      `The execution reached the maximum number of history events (${maxHistoryEvents}).`,
    )
  }

  #draft(execution: Execution, frame?: number): Draft {
    const { journal, machines, clock, random } = this.#options
    return new Draft({
      machine: machines.follow(execution.machine, execution.hash),
      execution,
      chain: frame === undefined ? [] : journal.chain(frame),
      nursery: journal,
      now: clock.now(),
      random,
      newToken: () => randomBytes(32).toString('base64url'),
    })
  }

  #failed(execution: Execution, cause: string): Draft {
    const draft = this.#draft(execution)
    const root = { lastEvent: execution.events, path: '' }
    failExecution(draft, root, { error: 'States.Runtime', cause })
    return draft
  }

  /** As `happen`, for what nobody waits for: what cannot be stored now is tried until it can. */
  #push(execution: number, happening: Happening): void {
    this.happen(execution, happening).catch(async () => {
      await this.#options.clock.sleep(storageDelay, this.#closing.signal).catch(() => {})
      if (!this.#closed) this.#push(execution, happening)
    })
  }

  #invoke(frame: Frame): void {
    const { id, turn, call } = frame
    const key = `${id}:${turn}`
    if (!call || this.#invoking.has(key) || this.#closed) return
    this.#invoking.add(key)
    void this.#options.work.track(this.#call(frame, call, key))
  }

  async #call({ execution, id, turn }: Frame, call: Call, key: string): Promise<void> {
    const answer = await invokeFor(call, this.#options.invoke, this.#closing.signal)
    this.#invoking.delete(key)
    if (!this.#closed) this.#push(execution, { kind: 'answered', frame: id, turn, answer })
  }

  #ring(now: number): void {
    const { journal } = this.#options
    const frames = journal.all(
      'SELECT id, execution FROM sfn_frame WHERE due <= ? ORDER BY due, id',
      now,
    )
    for (const row of frames)
      this.#push(Number(row.execution), { kind: 'due', frame: Number(row.id) })
    const expired = journal.all(
      `SELECT id FROM sfn_execution WHERE status = 'RUNNING' AND deadline <= ?`,
      now,
    )
    for (const row of expired) this.#push(Number(row.id), { kind: 'expired' })
    this.#alarm.set(this.#nextDue(now))
  }

  #nextDue(after: number): number | undefined {
    const row = this.#options.journal.get(
      `SELECT min(at) AS at FROM (
         SELECT min(due) AS at FROM sfn_frame WHERE due > ?1
         UNION ALL
         SELECT min(deadline) FROM sfn_execution
          WHERE status = 'RUNNING' AND deadline IS NOT NULL AND deadline > ?1
       )`,
      after,
    )
    return row && row.at !== null ? Number(row.at) : undefined
  }

  /** Nobody may be told that something was stored, or came too late, when it was only dropped. */
  #mustBeOpen(): void {
    if (this.#closed) throw new Error('the embedded Step Functions are closed')
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }
}
