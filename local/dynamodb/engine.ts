/**
 * DynamoDB on SQLite, in this process: exactly the operations the product uses, with the semantics,
 * limits and errors of the service; every other operation is refused by name. A call is one SQLite
 * transaction, and what it answers is durable. Known differences: docs/dynamodb-differences.md.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/clock.ts'
import type { AdversityOptions } from './adversity.ts'
import { Catalogue } from './catalogue.ts'
import { trimAged } from './changes.ts'
import { DynamoDbError } from './errors.ts'
import { IndexLag } from './index-lag.ts'
import type { Contention, Operation, World } from './operation.ts'
import { operations } from './operations.ts'
import { checkParameters } from './parameters.ts'
import { Statistics } from './statistics.ts'
import { Storage } from './storage.ts'
import { TableStream } from './stream.ts'
import type { StreamConsumer, StreamOptions } from './stream.ts'
import { sweepExpired } from './sweep.ts'
import type { Table } from './table.ts'
import { Wire } from './wire.ts'

export interface DynamoDbEngineOptions {
  db: DatabaseSync
  clock: Clock
  /** Jitter of retries of stream consumers. */
  random?: () => number
  adversity?: AdversityOptions
}

const sweepIntervalMs = 60_000

export class DynamoDbEngine {
  readonly statistics = new Statistics()
  readonly #clock: Clock
  readonly #random: () => number
  readonly #adversity: AdversityOptions | undefined
  readonly #storage: Storage
  readonly #catalogue: Catalogue
  readonly #lag: IndexLag
  readonly #streams = new Set<TableStream>()
  readonly #wire: Wire | undefined
  #committed: (() => void)[] = []

  constructor({ db, clock, random = () => 0.5, adversity }: DynamoDbEngineOptions) {
    this.#clock = clock
    this.#random = random
    this.#adversity = adversity
    this.#storage = new Storage(db)
    this.#catalogue = new Catalogue(this.#storage)
    const probability = adversity?.staleIndexReads ?? 0
    this.#lag = new IndexLag(
      this.#storage,
      probability > 0 ? { probability, random: adversity!.random } : undefined,
    )
    this.#wire = adversity && this.#openWire(adversity)
  }

  /** A call by the owner, who is spared all adversity. Input and output are the wire's JSON; throws DynamoDbError. */
  call(name: string, input: object): object {
    const operation = operations.get(name)
    if (!operation) throw unsupported(name)
    this.#wire?.settle()
    const counts = this.statistics.of(name)
    counts.calls++
    try {
      return this.#run(name, operation, input)
    } catch (error) {
      counts.failures++
      throw error
    }
  }

  /** A call by a client, as far away as the adversity says. */
  async send(name: string, input: object): Promise<object> {
    if (!this.#wire || !operations.has(name)) return this.call(name, input)
    const counts = this.statistics.of(name)
    counts.calls++
    try {
      return await this.#wire.send(name, input)
    } catch (error) {
      counts.failures++
      throw error
    }
  }

  /**
   * Delivers the changes of a table to `consumer`, in order, at least once, beginning where the
   * consumer of this name stopped, until the subscription is closed.
   */
  stream(
    table: string,
    name: string,
    consumer: StreamConsumer,
    options: StreamOptions = {},
  ): TableStream {
    const stream = new TableStream({
      world: this.#world('stream'),
      table: this.#catalogue.get(table),
      name,
      consumer,
      options,
      random: this.#random,
      adversity: this.#adversity,
      statistics: this.statistics,
      closed: () => this.#streams.delete(stream),
    })
    this.#streams.add(stream)
    return stream
  }

  /** Deletes the items whose time to live has ended, and day-old stream records; says how many items. */
  sweepExpired(): number {
    this.#wire?.settle()
    this.statistics.recordsForgotten += trimAged(this.#storage, this.#clock.now())
    const world = this.#world('sweep')
    return this.#catalogue.all().reduce((swept, table) => {
      const count = sweepExpired(world, table, (work) => this.#commit(work))
      this.statistics.itemsExpired += count
      return swept + count
    }, 0)
  }

  /** Sweeps again and again until the signal is aborted; a sweep that fails is told, and the next one comes. */
  async keepSweeping(
    signal: AbortSignal,
    everyMs = sweepIntervalMs,
    told: { failed(error: unknown): void; worked(): void } = { failed() {}, worked() {} },
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        this.sweepExpired()
        told.worked()
      } catch (error) {
        told.failed(error)
      }
      await this.#clock.sleep(everyMs, signal).catch(() => {})
    }
  }

  /** Ends all deliveries; the database stays open for its owner to close. */
  async close(): Promise<void> {
    this.#wire?.close()
    await Promise.all([...this.#streams].map((stream) => stream.close()))
  }

  #openWire(adversity: AdversityOptions): Wire {
    return new Wire({
      adversity,
      clock: this.#clock,
      storage: this.#storage,
      run: (name, input, contention) => this.#run(name, operations.get(name)!, input, contention),
      rehearse: (name, input, contention) => {
        const operation = operations.get(name)!
        checkParameters(name, input, operation.parameters)
        const nothing = () => {}
        const world: World = {
          ...this.#world(name),
          counts: { calls: 0, failures: 0, itemsRead: 0, itemsWritten: 0 },
          afterCommit: nothing,
          changed: nothing,
          contention,
        }
        return this.#storage.rehearse(() => operation.run(world, input as never))
      },
    })
  }

  #run(name: string, operation: Operation, input: object, contention?: Contention): object {
    checkParameters(name, input, operation.parameters)
    const world = { ...this.#world(name), ...(contention && { contention }) }
    if (!operation.writes) return operation.run(world, input as never)
    return this.#commit(() => operation.run(world, input as never))
  }

  #commit<Result>(work: () => Result): Result {
    this.#committed = []
    let result: Result
    try {
      result = this.#storage.transaction(work)
    } catch (error) {
      this.#catalogue.undo()
      throw error
    }
    this.#catalogue.keep()
    for (const follow of this.#committed) follow()
    return result
  }

  #world(operation: string): World {
    return {
      storage: this.#storage,
      catalogue: this.#catalogue,
      clock: this.#clock,
      lag: this.#lag,
      counts: this.statistics.of(operation),
      afterCommit: (work) => this.#committed.push(work),
      changed: (table) => this.#committed.push(() => this.#wake(table)),
    }
  }

  #wake(table: Table): void {
    for (const stream of this.#streams) if (stream.tableId === table.id) stream.wake()
  }
}

function unsupported(name: string): DynamoDbError {
  return new DynamoDbError(
    'UnknownOperationException',
    `The embedded DynamoDB does not support the operation ${name}; it supports ${[...operations.keys()].join(', ')}`,
  )
}
