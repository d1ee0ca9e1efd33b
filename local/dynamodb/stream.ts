/**
 * A table's stream and one consumer of it, as Lambda connects them. Records go out in the order of
 * their commits, in batches of up to 100, one batch at a time, and a checkpoint is stored when the
 * consumer has taken one: at least once, in order, across restarts. A batch that fails is tried again
 * with growing pauses and in ever smaller pieces; a single record that keeps failing is set aside in
 * ddb_dead_letter, visibly, and the rest goes on. A commit wakes the delivery at once.
 */
import { strikes } from './adversity.ts'
import type { AdversityOptions } from './adversity.ts'
import { changesAfter, streamRecord, trimPassed } from './changes.ts'
import type { ChangeRow, StreamRecord } from './changes.ts'
import { invalid } from './errors.ts'
import type { World } from './operation.ts'
import type { Statistics } from './statistics.ts'
import type { Table } from './table.ts'

export interface StreamEvent {
  Records: StreamRecord[]
}

/** May name the records it could not take, as Lambda's ReportBatchItemFailures does. */
export type StreamConsumer = (
  event: StreamEvent,
) => Promise<void | { batchItemFailures: { itemIdentifier: string }[] }>

export interface StreamOptions {
  batchSize?: number
  /** How often a single record is tried before it is set aside. */
  maximumAttempts?: number
  firstPauseMs?: number
  longestPauseMs?: number
  /** Told about every record set aside; the row in ddb_dead_letter exists by then. */
  parked?: (record: StreamRecord, error: unknown) => void
}

interface TableStreamParts {
  world: World
  table: Table
  name: string
  consumer: StreamConsumer
  options: StreamOptions
  random: () => number
  adversity: AdversityOptions | undefined
  statistics: Statistics
  closed: () => void
}

export class TableStream implements AsyncDisposable {
  readonly tableId: number
  readonly #parts: TableStreamParts
  readonly #options: Required<Omit<StreamOptions, 'parked'>>
  readonly #ending = new AbortController()
  readonly #finished: Promise<void>
  #checkpoint: number
  #batchSize: number
  #failures = 0
  #awake = true
  #rouse: () => void = () => {}
  #settled: (() => void)[] = []

  constructor(parts: TableStreamParts) {
    const { table, name } = parts
    if (!table.stream) throw invalid(`The table ${table.name} has no stream`)
    this.tableId = table.id
    this.#parts = parts
    this.#options = {
      batchSize: 100,
      maximumAttempts: 10,
      firstPauseMs: 100,
      longestPauseMs: 10_000,
      ...parts.options,
    }
    this.#batchSize = this.#options.batchSize
    this.#checkpoint = this.#register(name)
    this.#finished = this.#deliver()
  }

  /** There may be something to deliver. */
  wake(): void {
    this.#awake = true
    this.#rouse()
  }

  /** Resolves when everything committed so far has been taken or set aside. */
  async idle(): Promise<void> {
    if (this.#ending.signal.aborted || !this.#pending()) return
    await new Promise<void>((resolve) => this.#settled.push(resolve))
  }

  /** Ends the delivery, after the batch under way. */
  async close(): Promise<void> {
    this.#ending.abort()
    this.#rouse()
    await this.#finished
    this.#parts.closed()
    this.#settle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #register(name: string): number {
    const { storage } = this.#parts.world
    const find = 'SELECT checkpoint FROM ddb_consumer WHERE table_id = ? AND name = ?'
    const row = storage.statement(find).get(this.tableId, name) as
      { checkpoint: number } | undefined
    if (row) return row.checkpoint
    storage.run('INSERT INTO ddb_consumer VALUES (?, ?, 0)', this.tableId, name)
    return 0
  }

  #pending(): boolean {
    return this.#batch(1).length > 0
  }

  #batch(size: number): ChangeRow[] {
    return changesAfter(this.#parts.world.storage, this.tableId, this.#checkpoint, size)
  }

  async #deliver(): Promise<void> {
    const { signal } = this.#ending
    while (!signal.aborted) {
      try {
        await this.#deliverNext()
      } catch {
        // The storage could be neither read nor written. What is to be delivered is still in it.
        await this.#parts.world.clock.sleep(this.#options.longestPauseMs, signal).catch(() => {})
      }
    }
  }

  async #deliverNext(): Promise<void> {
    const { signal } = this.#ending
    this.#awake = false
    // Lets the call whose commit woke us answer first.
    await new Promise((resolve) => setImmediate(resolve))
    const rows = this.#batch(this.#batchSize)
    if (rows.length > 0) {
      await this.#attempt(rows)
    } else {
      this.#settle()
      if (!this.#awake && !signal.aborted) {
        await new Promise<void>((resolve) => (this.#rouse = resolve))
      }
    }
  }

  async #attempt(rows: ChangeRow[]): Promise<void> {
    const { table, consumer, statistics, adversity } = this.#parts
    const records = rows.map((row) => streamRecord(table, row))
    statistics.recordsDelivered += records.length
    let taken = rows.length
    try {
      const answer = await consumer({ Records: records })
      taken = takenOf(records, answer?.batchItemFailures ?? [])
      if (taken < rows.length) throw new Error('the consumer reported failed records')
      if (strikes(adversity, 'duplicateStreamDeliveries')) return
      this.#advance(rows.at(-1)!)
      this.#batchSize = this.#options.batchSize
    } catch (error) {
      if (taken > 0 && taken < rows.length) this.#advance(rows[taken - 1]!)
      await this.#failed(rows, records, error)
    }
  }

  async #failed(rows: ChangeRow[], records: StreamRecord[], error: unknown): Promise<void> {
    this.#failures++
    if (rows.length === 1 && this.#failures >= this.#options.maximumAttempts) {
      this.#park(rows[0]!, records[0]!, error)
      return
    }
    // Halves close in on the record that fails; the others pass meanwhile.
    if (this.#failures > 1) this.#batchSize = Math.max(1, Math.ceil(rows.length / 2))
    const { firstPauseMs, longestPauseMs } = this.#options
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1))
    const jittered = pause * (0.5 + this.#parts.random() / 2)
    await this.#parts.world.clock.sleep(jittered, this.#ending.signal).catch(() => {})
  }

  #advance(row: ChangeRow): void {
    this.#parts.world.storage.transaction(() => this.#store(row.sequence))
    this.#checkpoint = row.sequence
    this.#failures = 0
  }

  #park(row: ChangeRow, record: StreamRecord, error: unknown): void {
    const { world, name, statistics } = this.#parts
    world.storage.transaction(() => {
      world.storage.run(
        'INSERT INTO ddb_dead_letter (consumer, sequence, record, error, at) VALUES (?, ?, ?, ?, ?)',
        name,
        row.sequence,
        JSON.stringify(record),
        error instanceof Error ? (error.stack ?? error.message) : String(error),
        world.clock.now(),
      )
      this.#store(row.sequence)
    })
    this.#checkpoint = row.sequence
    this.#failures = 0
    statistics.recordsParked++
    this.#parts.options.parked?.(record, error)
  }

  #store(sequence: number): void {
    const { storage } = this.#parts.world
    storage.run(
      'UPDATE ddb_consumer SET checkpoint = ? WHERE table_id = ? AND name = ?',
      sequence,
      this.tableId,
      this.#parts.name,
    )
    trimPassed(storage, this.tableId)
  }

  #settle(): void {
    const waiting = this.#settled
    this.#settled = []
    for (const resolve of waiting) resolve()
  }
}

/** How many records from the front count as taken, when some are reported as failed. */
function takenOf(records: StreamRecord[], failures: { itemIdentifier: string }[]): number {
  const failed = new Set(failures.map(({ itemIdentifier }) => itemIdentifier))
  const first = records.findIndex(({ dynamodb }) => failed.has(dynamodb.SequenceNumber))
  if (first >= 0) return first
  return failed.size > 0 ? 0 : records.length
}
