/** What every operation of the engine is, and the world it runs in. */
import type { Clock } from '../../core/clock.ts'
import type { Catalogue } from './catalogue.ts'
import type { IndexLag } from './index-lag.ts'
import type { Parameters } from './parameters.ts'
import type { OperationCounts } from './statistics.ts'
import type { Storage } from './storage.ts'
import type { Table } from './table.ts'
import type { Decision } from './write.ts'
import type { EncodedKey } from './keys.ts'

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
  /** Who else is at the items now; absent where calls come one after the other. */
  contention?: Contention
}

export interface Contention {
  /** Throws when a transaction that is under way holds the item. */
  refuse(table: Table, key: EncodedKey): void
  /** Throws what is to strike this one of the actions of a transaction. */
  strike(action: number, actions: number): void
  /** A transaction could go through: what it would do. */
  decided(decisions: readonly Decision[]): void
}

export interface Operation<Input = never> {
  parameters: Parameters
  /** Whether it runs inside a SQLite transaction. */
  writes: boolean
  run(world: World, input: Input): object
}
