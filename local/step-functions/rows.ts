/** What stands in a row, as what it means. */
import type { SQLInputValue } from 'node:sqlite'
import type { Event } from './draft.ts'
import type { Execution, Frame, Phase } from './frames.ts'
import type { JsonObject } from './json.ts'

export type Row = Record<string, SQLInputValue>

export function executionFrom(row: Row): Execution {
  return {
    id: Number(row.id),
    machine: String(row.machine),
    name: String(row.name),
    hash: String(row.hash),
    status: String(row.status) as Execution['status'],
    input: String(row.input),
    output: row.output as string | null,
    error: row.error as string | null,
    cause: row.cause as string | null,
    startedAt: Number(row.started_at),
    stoppedAt: row.stopped_at as number | null,
    deadline: row.deadline as number | null,
    events: Number(row.events),
  }
}

export function frameFrom(row: Row): Frame {
  const body = JSON.parse(String(row.body)) as Omit<
    Frame,
    'id' | 'execution' | 'parent' | 'index' | 'phase'
  >
  return {
    ...body,
    id: Number(row.id),
    execution: Number(row.execution),
    parent: row.parent as number | null,
    index: Number(row.branch),
    phase: String(row.phase) as Phase,
  }
}

export function eventFrom(row: Row): Event {
  return {
    id: Number(row.id),
    type: String(row.type),
    at: Number(row.at),
    previous: Number(row.previous),
    path: String(row.path),
    details: JSON.parse(String(row.details)) as JsonObject,
  }
}
