/** GetExecutionHistory, oldest first unless asked otherwise. */
import * as z from 'zod'
import { shownEvent } from '../history.ts'
import { eventFrom } from '../rows.ts'
import { findExecution } from './find-execution.ts'
import { operation } from './operation.ts'
import { pageFields, pageOf } from './pages.ts'

export const getExecutionHistory = operation(
  {
    executionArn: z.string(),
    reverseOrder: z.boolean().optional(),
    includeExecutionData: z.boolean().optional(),
    ...pageFields,
  },
  (home, input) => {
    const { id } = findExecution(home, input.executionArn)
    const [side, order] = input.reverseOrder ? ['<=', 'DESC'] : ['>=', 'ASC']
    const fetch = (start: number, limit: number) =>
      home.journal
        .all(
          `SELECT * FROM sfn_event WHERE execution = ? AND id ${side} ? ORDER BY id ${order} LIMIT ?`,
          id,
          start,
          limit,
        )
        .map(eventFrom)
    const first = input.reverseOrder ? Number.MAX_SAFE_INTEGER : 1
    const { items, ...more } = pageOf(input, 100, first, fetch, (event) => event.id)
    const withData = input.includeExecutionData ?? true
    return { events: items.map((event) => shownEvent(event, withData)), ...more }
  },
)
