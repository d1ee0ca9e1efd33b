/**
 * Hands status changes to their consumer, at least once: a change is written in the transaction that made
 * it, and removed only after the consumer has returned. A consumer that fails is asked again, later and later.
 */
import type { Clock } from '../../core/clock.ts'
import { Alarm } from './alarm.ts'
import type { Journal } from './journal.ts'
import type { StatusEvent } from './status-event.ts'

const firstDelay = 100
const longestDelay = 60_000
const atOnce = 16

export class Outbox {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #deliver: (event: StatusEvent) => Promise<void>
  readonly #track: <Result>(work: Promise<Result>) => Promise<Result>
  readonly #alarm: Alarm
  #draining = false
  #closed = false

  constructor(
    journal: Journal,
    clock: Clock,
    deliver: (event: StatusEvent) => Promise<void>,
    track: <Result>(work: Promise<Result>) => Promise<Result>,
  ) {
    this.#journal = journal
    this.#clock = clock
    this.#deliver = deliver
    this.#track = track
    this.#alarm = new Alarm(clock, () => this.wake())
  }

  wake(): void {
    if (this.#draining || this.#closed) return
    this.#draining = true
    void this.#track(this.#drain().catch(() => this.#rest(longestDelay)))
  }

  close(): void {
    this.#closed = true
    this.#alarm.close()
  }

  async #drain(): Promise<void> {
    while (!this.#closed) {
      const due = this.#journal.all(
        'SELECT * FROM sfn_outbox WHERE due <= ? ORDER BY id LIMIT ?',
        this.#clock.now(),
        atOnce,
      )
      if (due.length === 0) break
      await Promise.all(due.map((row) => this.#attempt(row)))
    }
    const next = this.#closed
      ? undefined
      : this.#journal.get('SELECT min(due) AS at FROM sfn_outbox')
    this.#rest(next && next.at !== null ? Number(next.at) - this.#clock.now() : undefined)
  }

  #rest(ms: number | undefined): void {
    this.#draining = false
    if (ms !== undefined) this.#alarm.set(this.#clock.now() + ms)
  }

  async #attempt(row: Record<string, unknown>): Promise<void> {
    const id = Number(row.id)
    const attempts = Number(row.attempts) + 1
    let delivered = true
    try {
      await this.#deliver(JSON.parse(String(row.event)) as StatusEvent)
    } catch {
      delivered = false
    }
    if (this.#closed) return
    if (delivered) {
      this.#journal.run('DELETE FROM sfn_outbox WHERE id = ?', id)
      return
    }
    const delay = Math.min(firstDelay * 2 ** (attempts - 1), longestDelay)
    this.#journal.run(
      'UPDATE sfn_outbox SET attempts = ?, due = ? WHERE id = ?',
      attempts,
      this.#clock.now() + delay,
      id,
    )
  }
}
