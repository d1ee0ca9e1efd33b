/**
 * Everything an execution is, in SQLite. A draft is stored in one transaction: the execution's row, its
 * frames, tokens and history, and the note about its status change. Nothing is kept in memory between
 * transitions, so what a restart finds is what the next transition would have read anyway.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Draft, Event, Nursery } from './draft.ts'
import { dueAt, type Execution, type Frame } from './frames.ts'
import { executionFrom, frameFrom, type Row } from './rows.ts'
import { statusEvent } from './status-event.ts'

export class Journal implements Nursery {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #announces: boolean

  /** `announces`: whether status changes are put into the outbox. */
  constructor(db: DatabaseSync, announces: boolean) {
    this.#db = db
    this.#announces = announces
  }

  /** Runs `work` in one transaction. */
  transact<Result>(work: () => Result): Result {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (thrown) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw thrown
    }
  }

  create(fresh: Omit<Execution, 'id'>, root: Omit<Frame, 'id' | 'execution'>, first: Event): Frame {
    return this.transact(() => {
      const { lastInsertRowid } = this.run(
        `INSERT INTO sfn_execution
           (machine, name, hash, status, input, started_at, deadline, events)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        fresh.machine,
        fresh.name,
        fresh.hash,
        fresh.status,
        fresh.input,
        fresh.startedAt,
        fresh.deadline,
        fresh.events,
      )
      const id = Number(lastInsertRowid)
      const frame = { ...root, id: 0, execution: id }
      this.#saveFrame(frame)
      this.#saveEvent(id, first)
      this.#announce({ ...fresh, id })
      return frame
    })
  }

  commit(draft: Draft): void {
    this.transact(() => this.#write(draft))
  }

  execution(id: number): Execution | undefined {
    const row = this.get('SELECT * FROM sfn_execution WHERE id = ?', id)
    return row && executionFrom(row)
  }

  executionNamed(machine: string, name: string): Execution | undefined {
    const row = this.get(
      'SELECT * FROM sfn_execution WHERE machine = ? AND name = ?',
      machine,
      name,
    )
    return row && executionFrom(row)
  }

  /** The frames from this one to the root; empty when it is gone. */
  chain(frame: number): Frame[] {
    const chain: Frame[] = []
    let next: number | null = frame
    while (next !== null) {
      const row = this.get('SELECT * FROM sfn_frame WHERE id = ?', next)
      if (!row) return []
      const found = frameFrom(row)
      chain.push(found)
      next = found.parent
    }
    return chain
  }

  /** Frames that are to be acted upon at once after a restart. */
  unsettledFrames(): Frame[] {
    const rows = this.all(`SELECT * FROM sfn_frame WHERE phase IN ('ready', 'invoking')`)
    return rows.map(frameFrom)
  }

  childrenOf(parent: Frame): Frame[] {
    return this.all('SELECT * FROM sfn_frame WHERE parent = ?', parent.id).map(frameFrom)
  }

  othersUnfinished(child: Frame): boolean {
    const row = this.get(
      `SELECT 1 FROM sfn_frame WHERE parent = ? AND phase <> 'done' AND id <> ? LIMIT 1`,
      child.parent,
      child.id,
    )
    return row !== undefined
  }

  nextQueued(parent: Frame): Frame | undefined {
    const row = this.get(
      `SELECT * FROM sfn_frame WHERE parent = ? AND phase = 'queued' ORDER BY branch LIMIT 1`,
      parent.id,
    )
    return row && frameFrom(row)
  }

  holderOf(token: string): { execution: number; frame: number } | undefined {
    const row = this.get('SELECT execution, frame FROM sfn_token WHERE token = ?', token)
    return row && { execution: Number(row.execution), frame: Number(row.frame) }
  }

  run(sql: string, ...values: SQLInputValue[]) {
    return this.#statement(sql).run(...values)
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[]
  }

  #write(draft: Draft): void {
    const { execution } = draft.around
    for (const event of draft.events) this.#saveEvent(execution.id, event)
    for (const frame of draft.pruned) this.#removeOffspring(frame.id)
    for (const frame of draft.saved) this.#saveFrame(frame)
    execution.events += draft.events.length
    if (!draft.settlement) {
      this.run('UPDATE sfn_execution SET events = ? WHERE id = ?', execution.events, execution.id)
      return
    }
    const { status, output, failure } = draft.settlement
    execution.status = status
    execution.output = output === undefined ? null : JSON.stringify(output)
    execution.error = failure?.error ?? null
    execution.cause = failure?.cause ?? null
    execution.stoppedAt = draft.now
    this.run(
      `UPDATE sfn_execution SET events = ?, status = ?, output = ?, error = ?, cause = ?,
         stopped_at = ? WHERE id = ?`,
      execution.events,
      status,
      execution.output,
      execution.error,
      execution.cause,
      draft.now,
      execution.id,
    )
    this.run('DELETE FROM sfn_frame WHERE execution = ?', execution.id)
    this.#announce(execution)
  }

  #saveFrame(frame: Frame): void {
    const { id, execution, parent, index, phase, ...body } = frame
    const text = JSON.stringify(body)
    if (id === 0) {
      const { lastInsertRowid } = this.run(
        `INSERT INTO sfn_frame (execution, parent, branch, phase, due, body)
         VALUES (?, ?, ?, ?, ?, ?)`,
        execution,
        parent,
        index,
        phase,
        dueAt(frame),
        text,
      )
      frame.id = Number(lastInsertRowid)
    } else {
      this.run(
        'UPDATE sfn_frame SET phase = ?, due = ?, body = ? WHERE id = ?',
        phase,
        dueAt(frame),
        text,
        id,
      )
    }
    if (phase === 'invoking' && frame.call?.token !== undefined) {
      this.run(
        'INSERT OR IGNORE INTO sfn_token (token, execution, frame) VALUES (?, ?, ?)',
        frame.call.token,
        execution,
        frame.id,
      )
    }
  }

  #removeOffspring(frame: number): void {
    this.run(
      `WITH RECURSIVE offspring (id) AS (
         SELECT id FROM sfn_frame WHERE parent = ?
         UNION ALL SELECT f.id FROM sfn_frame f JOIN offspring o ON f.parent = o.id
       ) DELETE FROM sfn_frame WHERE id IN (SELECT id FROM offspring)`,
      frame,
    )
  }

  #saveEvent(execution: number, event: Event): void {
    this.run(
      'INSERT INTO sfn_event (execution, id, type, at, previous, path, details) VALUES (?, ?, ?, ?, ?, ?, ?)',
      execution,
      event.id,
      event.type,
      event.at,
      event.previous,
      event.path,
      JSON.stringify(event.details),
    )
  }

  #announce(execution: Execution): void {
    if (!this.#announces) return
    const at = execution.stoppedAt ?? execution.startedAt
    this.run(
      'INSERT INTO sfn_outbox (event, attempts, due) VALUES (?, 0, ?)',
      JSON.stringify(statusEvent(execution, at)),
      at,
    )
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}
