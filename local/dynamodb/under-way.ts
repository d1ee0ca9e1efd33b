/**
 * Transactions that have been accepted and have not taken effect. On the service that takes a while, in which other
 * writes of the same items are refused, and readers may see some of its items as they will be and others as they
 * were. Here such a transaction is decided, waits, and is then carried out durably and as one; until then its
 * items are shown one by one to those who read meanwhile, and what one of them has seen, all see from then on.
 */
import type { AdversityOptions } from './adversity.ts'
import { strikes } from './adversity.ts'
import { transactionConflict } from './errors.ts'
import type { EncodedKey } from './keys.ts'
import type { Storage } from './storage.ts'
import type { Table } from './table.ts'
import { identityOf, writeRow } from './write.ts'
import type { Decision } from './write.ts'

interface Transaction {
  token: string | undefined
  held: ReadonlySet<string>
  hidden: Decision[]
  shown: Decision[]
  torn: boolean
  land: () => void
}

export class UnderWay {
  readonly #adversity: AdversityOptions
  readonly #transactions = new Set<Transaction>()

  constructor(adversity: AdversityOptions) {
    this.#adversity = adversity
  }

  /** `land` carries it out; it is called once, by whoever first needs it done. */
  add(token: string | undefined, decisions: readonly Decision[], land: () => void): () => void {
    const transaction: Transaction = {
      token,
      held: new Set(decisions.map(({ write }) => identityOf(write.table, write.key))),
      hidden: decisions.filter(({ write, before, after }) => write.next && (before ?? after)),
      shown: [],
      torn: strikes(this.#adversity, 'tornReads'),
      land: () => {
        if (this.#transactions.delete(transaction)) land()
      },
    }
    this.#transactions.add(transaction)
    return transaction.land
  }

  has(token: string | undefined): boolean {
    return token !== undefined && [...this.#transactions].some((one) => one.token === token)
  }

  refuse(table: Table, key: EncodedKey): void {
    if (this.#transactions.size === 0) return
    const identity = identityOf(table, key)
    for (const { held } of this.#transactions) if (held.has(identity)) throw transactionConflict()
  }

  landAll(): void {
    for (const { land } of this.#transactions) land()
  }

  /** A read of tables, in which what has become visible so far is there, and a little more each time. */
  glimpse<Result>(storage: Storage, read: () => Result): Result {
    for (const transaction of this.#transactions) if (transaction.torn) this.#reveal(transaction)
    const shown = [...this.#transactions].flatMap((transaction) => transaction.shown)
    if (shown.length === 0) return read()
    return storage.rehearse(() => {
      for (const decision of shown) writeRow(storage, decision)
      return read()
    })
  }

  #reveal(transaction: Transaction): void {
    const { hidden, shown } = transaction
    transaction.hidden = hidden.filter((decision) => {
      const stays = this.#adversity.random() < 0.5
      if (!stays) shown.push(decision)
      return stays
    })
  }
}
