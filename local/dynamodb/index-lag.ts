/**
 * Global indexes are eventually consistent on AWS; at home they follow at once, which hides bugs. When
 * asked to, this keeps a second copy of every index that falls behind by a random number of writes and
 * answers some reads from it, so that a reader may see the past, then the present, then the past again.
 */
import type { EntryRow, Storage } from './storage.ts'
import type { EncodedKey } from './keys.ts'
import type { GlobalIndex } from './table.ts'

export type EntryChange =
  { put: EntryRow } | { remove: { indexId: number; key: EncodedKey; of: EncodedKey } }

export interface StaleReads {
  probability: number
  random: () => number
}

/** The copy never falls further behind than this. */
const maximumLag = 1000

export class IndexLag {
  readonly #storage: Storage
  readonly #stale: StaleReads | undefined
  #pending: EntryChange[] = []

  constructor(storage: Storage, stale: StaleReads | undefined) {
    this.#storage = storage
    this.#stale = stale
    storage.transaction(() => {
      storage.run('DELETE FROM ddb_entry WHERE index_id < 0')
      if (!stale) return
      storage.run(
        `INSERT INTO ddb_entry (index_id, index_hash, index_range, hash, range, json, size)
         SELECT -index_id, index_hash, index_range, hash, range, json, size FROM ddb_entry`,
      )
    })
  }

  get active(): boolean {
    return this.#stale !== undefined
  }

  /** Takes changes that the up-to-date copy has got, once they are durable. */
  follow(changes: EntryChange[]): void {
    this.#pending.push(...changes)
    if (this.#pending.length > maximumLag) this.#apply(this.#pending.length - maximumLag)
  }

  /** The id under which this read of the index finds its rows. */
  idFor(index: GlobalIndex): number {
    if (!this.#stale || this.#stale.random() >= this.#stale.probability) return index.id
    this.#apply(Math.floor(this.#stale.random() * (this.#pending.length + 1)))
    return -index.id
  }

  #apply(count: number): void {
    const due = this.#pending.splice(0, count)
    if (due.length === 0) return
    this.#storage.transaction(() => {
      for (const change of due) applyChange(this.#storage, change, -1)
    })
  }
}

/** `sign` chooses the copy: 1 the present, -1 the one that lags. */
export function applyChange(storage: Storage, change: EntryChange, sign: 1 | -1): void {
  if ('put' in change) {
    storage.putEntry({ ...change.put, indexId: sign * change.put.indexId })
  } else {
    const { indexId, key, of } = change.remove
    storage.deleteEntry(sign * indexId, key, of)
  }
}
