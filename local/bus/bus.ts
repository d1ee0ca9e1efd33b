/**
 * EventBridge's default bus at home. An event is kept for every trigger whose pattern it matches before `put`
 * returns; each of them is then called until it succeeds, later and later, across restarts: at least once, in no
 * particular order. An event that keeps failing is parked where it can be seen and stands in nobody's way.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/clock.ts'
import type { Invoke } from '../lambda/adversity.ts'
import type { Log } from '../log.ts'
import { Alarm } from '../step-functions/alarm.ts'
import { storageDelayMs, troubles } from '../storage-trouble.ts'
import { compilePattern, type Matches } from './event-pattern.ts'

export const maximumAttempts = 12
const firstPauseMs = 100
const longestPauseMs = 60_000
const atOnce = 16

export interface BusOptions {
  db: DatabaseSync
  clock: Clock
  invoke: Invoke
  log: Log
  /** Function → the pattern of what it is called for. */
  rules: Readonly<Record<string, unknown>>
}

export interface Parked {
  eventId: string
  target: string
  attempts: number
  error: string
  parkedAt: number
}

interface Delivery {
  id: number
  target: string
  event: string
  attempts: number
}

export class Bus {
  readonly #db: DatabaseSync
  readonly #clock: Clock
  readonly #invoke: Invoke
  readonly #log: Log
  readonly #rules: [string, Matches][]
  readonly #alarm: Alarm
  readonly #storing: ReturnType<typeof troubles>
  #draining: Promise<void> | undefined
  #closed = false

  constructor({ db, clock, invoke, log, rules }: BusOptions) {
    this.#db = db
    this.#clock = clock
    this.#invoke = invoke
    this.#log = log
    this.#storing = troubles(log, 'bus.storing')
    this.#rules = Object.entries(rules).map(([target, rule]) => [target, compilePattern(rule)])
    this.#alarm = new Alarm(clock, () => this.#wake())
    db.exec(`CREATE TABLE IF NOT EXISTS bus_delivery (
      id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, target TEXT NOT NULL, event TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0, due INTEGER, error TEXT, parked_at INTEGER,
      UNIQUE (event_id, target)) STRICT`)
    db.exec('CREATE INDEX IF NOT EXISTS bus_due ON bus_delivery (due) WHERE due IS NOT NULL')
  }

  /** Goes on with what was not delivered when the last process ended. */
  start(): void {
    this.#wake()
  }

  /** The event is durable for everybody it concerns when this returns. */
  put(event: { id: string }): void {
    const targets = this.#rules.filter(([, matches]) => matches(event)).map(([target]) => target)
    if (targets.length === 0) return
    const rows = targets.map(() => '(?, ?, ?, ?)').join(', ')
    const text = JSON.stringify(event)
    const due = this.#clock.now()
    this.#db
      .prepare(`INSERT OR IGNORE INTO bus_delivery (event_id, target, event, due) VALUES ${rows}`)
      .run(...targets.flatMap((target) => [event.id, target, text, due]))
    this.#wake()
  }

  parked(): Parked[] {
    return this.#db
      .prepare(
        `SELECT event_id AS eventId, target, attempts, error, parked_at AS parkedAt
         FROM bus_delivery WHERE parked_at IS NOT NULL ORDER BY id`,
      )
      .all() as unknown as Parked[]
  }

  /** Resolves when nothing is due any more; what waits for a later attempt is not waited for. */
  async idle(): Promise<void> {
    while (this.#draining) await this.#draining
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#alarm.close()
    await this.idle()
  }

  #wake(): void {
    if (this.#draining || this.#closed) return
    this.#draining = this.#drainAndRest()
  }

  async #drainAndRest(): Promise<void> {
    try {
      await this.#drain()
      this.#draining = undefined
      this.#sleep()
      this.#storing.worked()
    } catch (error) {
      this.#draining = undefined
      this.#storing.failed(error)
      this.#alarm.set(this.#clock.now() + storageDelayMs)
    }
  }

  /** What became due between the last look and now rings at once. */
  #sleep(): void {
    if (this.#closed) return
    const next = this.#db.prepare('SELECT min(due) AS at FROM bus_delivery').get()
    if (next?.at != null) this.#alarm.set(Number(next.at))
  }

  async #drain(): Promise<void> {
    while (!this.#closed) {
      const due = this.#db
        .prepare(
          'SELECT id, target, event, attempts FROM bus_delivery WHERE due <= ? ORDER BY due, id LIMIT ?',
        )
        .all(this.#clock.now(), atOnce) as unknown as Delivery[]
      if (due.length === 0) return
      await Promise.all(due.map((delivery) => this.#attempt(delivery)))
    }
  }

  async #attempt({ id, target, event, attempts }: Delivery): Promise<void> {
    try {
      await this.#invoke(target, JSON.parse(event))
      this.#db.prepare('DELETE FROM bus_delivery WHERE id = ?').run(id)
    } catch (error) {
      this.#failed(id, target, attempts + 1, String(error))
    }
  }

  #failed(id: number, target: string, attempts: number, error: string): void {
    const now = this.#clock.now()
    const parks = attempts >= maximumAttempts
    const pause = Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs)
    this.#db
      .prepare(
        'UPDATE bus_delivery SET attempts = ?, error = ?, due = ?, parked_at = ? WHERE id = ?',
      )
      .run(attempts, error, parks ? null : now + pause, parks ? now : null, id)
    this.#log(parks ? 'bus.parked' : 'bus.failed', { target, attempts, error })
  }
}
