/** StopExecution. One that has already ended stays as it ended. */
import * as z from 'zod'
import { maxCauseCharacters, maxErrorCharacters } from '../limits.ts'
import { findExecution } from './find-execution.ts'
import { operation } from './operation.ts'

export const stopExecution = operation(
  {
    executionArn: z.string(),
    error: z.string().max(maxErrorCharacters).optional(),
    cause: z.string().max(maxCauseCharacters).optional(),
  },
  async (home, input) => {
    const { id } = findExecution(home, input.executionArn)
    const failure = {
      ...(input.error !== undefined && { error: input.error }),
      ...(input.cause !== undefined && { cause: input.cause }),
    }
    await home.driver.happen(id, { kind: 'stopped', failure })
    const { stoppedAt } = findExecution(home, input.executionArn)
    return { stopDate: (stoppedAt ?? home.clock.now()) / 1_000 }
  },
)
