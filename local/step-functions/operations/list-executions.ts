/** ListExecutions, newest first. */
import * as z from 'zod'
import { executionArn, machineArn } from '../arns.ts'
import { executionFrom } from '../rows.ts'
import { findMachine } from './find-machine.ts'
import { operation } from './operation.ts'
import { pageFields, pageOf } from './pages.ts'

export const listExecutions = operation(
  {
    stateMachineArn: z.string(),
    statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']).optional(),
    ...pageFields,
  },
  (home, input) => {
    const { name } = findMachine(home, input.stateMachineArn)
    const fetch = (start: number, limit: number) =>
      home.journal
        .all(
          `SELECT * FROM sfn_execution
            WHERE machine = ?1 AND id <= ?2 AND (?3 IS NULL OR status = ?3)
            ORDER BY id DESC LIMIT ?4`,
          name,
          start,
          input.statusFilter ?? null,
          limit,
        )
        .map(executionFrom)
    const newest = Number.MAX_SAFE_INTEGER
    const { items, ...more } = pageOf(input, 100, newest, fetch, (execution) => execution.id)
    const executions = items.map((execution) => ({
      executionArn: executionArn(execution.machine, execution.name),
      stateMachineArn: machineArn(execution.machine),
      name: execution.name,
      status: execution.status,
      startDate: execution.startedAt / 1_000,
      ...(execution.stoppedAt !== null && { stopDate: execution.stoppedAt / 1_000 }),
      redriveCount: 0,
    }))
    return { executions, ...more }
  },
)
