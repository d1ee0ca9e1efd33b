/**
 * EventBridge's schedules at home: functions that are called every so many seconds. When each is next due is stored,
 * so a restart neither forgets a call nor begins counting anew; calls missed meanwhile become one. A call that
 * fails is told, and made again when the next one is due; one that cannot be noted is noted when that is possible.
 */
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../core/clock.ts'
import type { Invoke } from './lambda/adversity.ts'
import type { Log } from './log.ts'
import { Alarm } from './step-functions/alarm.ts'
import { storageDelayMs, troubles } from './storage-trouble.ts'

export interface SchedulesOptions {
  db: DatabaseSync
  clock: Clock
  invoke: Invoke
  log: Log
  /** Function → how often it is called. */
  everySeconds: Readonly<Record<string, number>>
}

export class Schedules {
  readonly #options: SchedulesOptions
  readonly #alarm: Alarm
  readonly #running = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()
  readonly #storing: ReturnType<typeof troubles>

  constructor(options: SchedulesOptions) {
    this.#options = options
    this.#storing = troubles(options.log, 'schedule.storing')
    this.#alarm = new Alarm(options.clock, () => this.#ring())
    options.db.exec(
      'CREATE TABLE IF NOT EXISTS schedule_due (name TEXT PRIMARY KEY, due INTEGER NOT NULL) STRICT',
    )
  }

  start(): void {
    const { db, clock, everySeconds } = this.#options
    const add = db.prepare('INSERT OR IGNORE INTO schedule_due (name, due) VALUES (?, ?)')
    for (const [name, seconds] of Object.entries(everySeconds))
      add.run(name, clock.now() + seconds * 1000)
    this.#ring()
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#alarm.close()
    await this.idle()
  }

  #ring(): void {
    if (this.#closing.signal.aborted) return
    const now = this.#options.clock.now()
    for (const name of Object.keys(this.#options.everySeconds)) {
      if (this.#running.has(name)) continue
      const due = this.#dueAt(name)
      if (due > now) this.#alarm.set(due)
      else this.#running.set(name, this.#call(name, due))
    }
  }

  #dueAt(name: string): number {
    const row = this.#options.db.prepare('SELECT due FROM schedule_due WHERE name = ?').get(name)
    return Number(row?.due)
  }

  async #call(name: string, due: number): Promise<void> {
    const { clock, invoke, log, everySeconds } = this.#options
    try {
      await invoke(name, scheduledEvent(name, due))
    } catch (error) {
      log('schedule.failed', { function: name, error: String(error) })
    }
    const every = everySeconds[name]! * 1000
    const missed = Math.floor((clock.now() - due) / every)
    await this.#store(name, due + (missed + 1) * every)
    this.#running.delete(name)
    // Rings even when nothing can be read now: the alarm looks again until that works.
    this.#alarm.set(clock.now())
  }

  /** As often as it takes: a due that was not moved would be called again at once, for ever. */
  async #store(name: string, due: number): Promise<void> {
    const { db, clock } = this.#options
    const { signal } = this.#closing
    for (;;) {
      try {
        db.prepare('UPDATE schedule_due SET due = ? WHERE name = ?').run(due, name)
        this.#storing.worked()
        return
      } catch (error) {
        this.#storing.failed(error)
        if (signal.aborted) return
        await clock.sleep(storageDelayMs, signal).catch(() => {})
      }
    }
  }
}

const scheduledEvent = (name: string, due: number) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '000000000000',
  time: new Date(due).toISOString(),
  region: 'local',
  resources: [`arn:aws:events:local:000000000000:rule/${name}`],
  detail: {},
})
