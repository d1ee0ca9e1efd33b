/** What every operation of the API works with, and how its input is checked: all problems at once. */
import * as z from 'zod'
import type { Clock } from '../../../core/clock.ts'
import type { Driver } from '../driver.ts'
import { ServiceError } from '../errors.ts'
import type { Journal } from '../journal.ts'
import type { Machines } from '../machines.ts'

export interface Home {
  journal: Journal
  machines: Machines
  driver: Driver
  clock: Clock
  /** Status changes lie in the outbox. */
  announced: () => void
}

export type Operation = (home: Home, input: unknown) => object | Promise<object>

/** An operation whose input has this shape; fields it does not know are refused by name. */
export function operation<Shape extends z.ZodRawShape>(
  shape: Shape,
  serve: (
    home: Home,
    input: z.infer<z.ZodObject<Shape, z.core.$strict>>,
  ) => object | Promise<object>,
): Operation {
  const strict = z.strictObject(shape)
  return (home, input) => {
    const parsed = strict.safeParse(input)
    if (parsed.success) return serve(home, parsed.data)
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`,
    )
    throw new ServiceError('ValidationException', problems.join('; '))
  }
}

/** Data is always included here; the alternative needs a key service we do not have. */
export const includedData = z.enum(['ALL_DATA', 'METADATA_ONLY']).optional()
