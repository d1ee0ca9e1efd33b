/** The machines that can be started, and the definitions that executions still follow. */
import type { Journal } from './journal.ts'
import { machineFrom, type Machine } from './definition.ts'

export class Machines {
  readonly #journal: Journal
  readonly #byHash = new Map<string, Machine>()

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /** Makes this the definition that new executions of the name follow. */
  define(machine: Machine, now: number): void {
    this.#journal.transact(() => {
      this.#journal.run(
        'INSERT OR IGNORE INTO sfn_definition (hash, text) VALUES (?, ?)',
        machine.hash,
        machine.text,
      )
      this.#journal.run(
        `INSERT INTO sfn_machine (name, hash, created_at) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET hash = excluded.hash`,
        machine.name,
        machine.hash,
        now,
      )
    })
  }

  named(name: string): (Machine & { createdAt: number }) | undefined {
    const row = this.#journal.get('SELECT * FROM sfn_machine WHERE name = ?', name)
    return row && { ...this.#load(name, String(row.hash)), createdAt: Number(row.created_at) }
  }

  /** The definition an execution started with. */
  follow(name: string, hash: string): Machine {
    return this.#load(name, hash)
  }

  #load(name: string, hash: string): Machine {
    const known = this.#byHash.get(`${name} ${hash}`)
    if (known) return known
    const row = this.#journal.get('SELECT text FROM sfn_definition WHERE hash = ?', hash)
    if (!row) throw new Error(`the definition ${hash} of ${name} is not stored`)
    const machine = machineFrom(name, String(row.text))
    this.#byHash.set(`${name} ${hash}`, machine)
    return machine
  }
}
