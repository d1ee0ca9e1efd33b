/** What every operation of the engine is, and the world it runs in. */
import type { Clock } from '../../core/clock.ts'
import type { Catalogue } from './catalogue.ts'
import type { IndexLag } from './index-lag.ts'
import type { Parameters } from './parameters.ts'
import type { OperationCounts } from './statistics.ts'
import type { Storage } from './storage.ts'
import type { Table } from './table.ts'

export interface World {
  storage: Storage
  catalogue: Catalogue
  clock: Clock
  lag: IndexLag
  /** The counters of the operation that runs. */
  counts: OperationCounts
  /** Runs once the current transaction is durable; forgotten when it is undone. */
  afterCommit(work: () => void): void
  /** A record was added to a table's stream. */
  changed(table: Table): void
}

export interface Operation<Input = never> {
  parameters: Parameters
  /** Whether it runs inside a SQLite transaction. */
  writes: boolean
  run(world: World, input: Input): object
}
