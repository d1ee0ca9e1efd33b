/**
 * The embedded Step Functions: runs the files of statemachines/ durably in the house's SQLite file. Known
 * differences from the real service are listed in docs/step-functions-differences.md.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../core/clock.ts'
import type { Adversity } from '../adversity.ts'
import { delayCallback, AnswerLost, strike, unkind } from './adversity.ts'
import { loadDefinition } from './definition.ts'
import { Driver } from './driver.ts'
import { ServiceError } from './errors.ts'
import type { Invoke } from './invocations.ts'
import { Journal } from './journal.ts'
import { Machines } from './machines.ts'
import { operations } from './operations/operations.ts'
import type { Home } from './operations/operation.ts'
import { Outbox } from './outbox.ts'
import type { StatusEvent } from './status-event.ts'
import { createTables } from './tables.ts'
import { Work } from './work.ts'

export interface EngineOptions {
  db: DatabaseSync
  clock: Clock
  random: () => number
  /** Calls a function. What it throws becomes the task's failure, named after the error's name. */
  invoke: Invoke
  /** Is told of every change of an execution's status, at least once. */
  onStatusChange?: (event: StatusEvent) => Promise<void>
  adversity?: Adversity
}

export class StepFunctionsEngine {
  readonly #options: EngineOptions
  readonly #work = new Work()
  readonly #driver: Driver
  readonly #outbox: Outbox | undefined
  readonly #machines: Machines
  readonly #home: Home

  constructor(options: EngineOptions) {
    const { db, clock, random, onStatusChange, adversity } = options
    this.#options = options
    createTables(db)
    const journal = new Journal(db, onStatusChange !== undefined)
    this.#machines = new Machines(journal)
    if (onStatusChange) {
      this.#outbox = new Outbox(journal, clock, onStatusChange, this.#work.track)
    }
    this.#driver = new Driver({
      journal,
      clock,
      random,
      machines: this.#machines,
      invoke: unkind(options.invoke, adversity),
      work: this.#work,
      settled: () => this.#outbox?.wake(),
    })
    this.#home = {
      journal,
      clock,
      machines: this.#machines,
      driver: this.#driver,
      announced: () => this.#outbox?.wake(),
    }
  }

  /** Takes a definition; throws InvalidDefinition with everything that is wrong with it. */
  define(name: string, definition: object, substitutions: Record<string, string>): void {
    const machine = loadDefinition(name, definition, substitutions)
    this.#machines.define(machine, this.#options.clock.now())
  }

  /** Goes on with whatever was running when the last process ended. */
  start(): void {
    this.#driver.resume()
    this.#outbox?.wake()
  }

  /** Serves one operation of the API; what is returned is stored. Refusals are ServiceErrors. */
  async call(operation: string, input: unknown): Promise<object> {
    const { adversity, clock } = this.#options
    const serve = operations.get(operation)
    if (!serve) {
      throw new ServiceError(
        'UnknownOperationException',
        `${operation} is not supported by the embedded Step Functions`,
      )
    }
    if (operation.startsWith('SendTask')) await delayCallback(adversity, clock)
    const output = await serve(this.#home, input)
    if (strike(adversity, 'lostAnswers'))
      throw new AnswerLost(`the answer to ${operation} was lost`)
    return output
  }

  /** Resolves when nothing is under way: only time or the outside can change anything now. For tests. */
  idle(): Promise<void> {
    return this.#work.idle()
  }

  /** Stops moving executions and lets go of time; the database stays its owner's. */
  async close(): Promise<void> {
    this.#driver.close()
    this.#outbox?.close()
  }
}
