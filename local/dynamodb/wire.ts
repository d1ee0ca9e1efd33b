/**
 * The way of a call from a client to the engine and back. Without adversity it has no length. With it a call waits
 * before it takes effect and before it is answered, so that others run in between; it may be throttled, meet a
 * transaction on the same item, or lose its answer; and a transaction is under way for a while (under-way.ts).
 */
import type { Clock } from '../../core/clock.ts'
import { strikes } from './adversity.ts'
import type { AdversityOptions } from './adversity.ts'
import { DynamoDbError, transactionConflict } from './errors.ts'
import type { Contention } from './operation.ts'
import type { Storage } from './storage.ts'
import { UnderWay } from './under-way.ts'
import type { Decision } from './write.ts'

export interface WireParts {
  adversity: AdversityOptions
  clock: Clock
  storage: Storage
  /** Runs the call; what is written stays. */
  run(name: string, input: object, contention?: Contention): object
  /** Runs the call as if, without a trace. */
  rehearse(name: string, input: object, contention: Contention): object
}

const reads: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan'])
const singleWrites: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem'])
const transactions: ReadonlySet<string> = new Set(['TransactWriteItems', 'TransactGetItems'])

export class Wire {
  readonly #parts: WireParts
  readonly #underWay: UnderWay
  readonly #ended = new AbortController()

  constructor(parts: WireParts) {
    this.#parts = parts
    this.#underWay = new UnderWay(parts.adversity)
  }

  async send(name: string, input: object): Promise<object> {
    const { adversity } = this.#parts
    await this.#travel()
    this.#refuseAtRandom(name)
    const answer = await this.#takeEffect(name, input)
    await this.#travel()
    if (strikes(adversity, 'lostAnswers')) throw answerLost()
    return answer
  }

  /** Everything accepted takes effect now. */
  settle(): void {
    this.#underWay.landAll()
  }

  /** Nobody waits any more. */
  close(): void {
    this.#ended.abort()
    this.settle()
  }

  #takeEffect(name: string, input: object): object | Promise<object> {
    const { run, storage } = this.#parts
    if (name === 'TransactWriteItems') return this.#transact(input)
    const contention = this.#contention(transactions.has(name))
    // An index follows its table, sooner or later: it shows nothing that is still under way.
    const isTorn = reads.has(name) && !('IndexName' in input)
    if (!isTorn) return run(name, input, contention)
    return this.#underWay.glimpse(storage, () => run(name, input))
  }

  async #transact(input: { ClientRequestToken?: string }): Promise<object> {
    const { adversity, rehearse, run } = this.#parts
    const name = 'TransactWriteItems'
    const token = input.ClientRequestToken
    if (!adversity.latencyMs) return run(name, input, this.#contention(true))
    if (this.#underWay.has(token)) throw inProgress()
    let decisions: readonly Decision[] | undefined
    const contention = this.#contention(true, (made) => (decisions = made))
    const answer = rehearse(name, input, contention)
    // A token that is known: there is nothing left to do.
    if (!decisions) return answer
    const outcome = Promise.withResolvers<object>()
    outcome.promise.catch(() => {})
    const land = this.#underWay.add(token, decisions, () =>
      outcome.resolve(new Promise((resolve) => resolve(run(name, input)))),
    )
    const taken = this.#travel().then(land)
    if (strikes(adversity, 'lostAnswers')) throw answerLost()
    await taken
    return outcome.promise
  }

  #contention(isTransaction: boolean, decided: Contention['decided'] = () => {}): Contention {
    const { adversity } = this.#parts
    const fate = isTransaction ? this.#fate() : undefined
    let victim: number | undefined
    return {
      refuse: (table, key) => this.#underWay.refuse(table, key),
      strike: (action, actions) => {
        if (!fate) return
        victim ??= Math.floor(adversity.random() * actions)
        if (action === victim) throw fate
      },
      decided,
    }
  }

  /** What will be wrong with one of a transaction's items. */
  #fate(): DynamoDbError | undefined {
    const { adversity } = this.#parts
    if (strikes(adversity, 'transactionConflicts')) return transactionConflict()
    return strikes(adversity, 'throttling') ? throttled('ThrottlingException') : undefined
  }

  #refuseAtRandom(name: string): void {
    const { adversity } = this.#parts
    if (singleWrites.has(name) && strikes(adversity, 'transactionConflicts')) {
      throw transactionConflict()
    }
    if (!strikes(adversity, 'throttling')) return
    throw throttled(
      adversity.random() < 0.5 ? 'ThrottlingException' : 'ProvisionedThroughputExceededException',
    )
  }

  async #travel(): Promise<void> {
    const { adversity, clock } = this.#parts
    if (!adversity.latencyMs) return
    const { min, max } = adversity.latencyMs
    const ms = min + adversity.random() * (max - min)
    await clock.sleep(ms, this.#ended.signal).catch(() => {})
  }
}

function answerLost(): DynamoDbError {
  return new DynamoDbError('InternalServerError', 'The answer was lost on purpose')
}

function throttled(
  name: 'ThrottlingException' | 'ProvisionedThroughputExceededException',
): DynamoDbError {
  return new DynamoDbError(
    name,
    'Throughput exceeds the current capacity of your table or index on purpose',
  )
}

function inProgress(): DynamoDbError {
  return new DynamoDbError(
    'TransactionInProgressException',
    'The transaction with the given request token is already in progress',
  )
}
