/**
 * The part of Amazon States Language that is spoken here, as data: JSONata machines with their eight
 * kinds of state. Objects are strict, so that a field this interpreter would ignore is refused instead.
 */
import * as z from 'zod'
import { isObject, type Json } from './json.ts'
import { isExpression } from './expression-text.ts'
import { maxConcurrency, maxSeconds } from './limits.ts'

const json = z.custom<Json>((value) => value !== undefined, 'must be given')

/** Data with expressions in it: an object, or one expression. */
const template = z.custom<Json>(
  (value) => isObject(value) || (typeof value === 'string' && isExpression(value)),
  'must be an object or a JSONata expression',
)

const items = z.custom<Json>(
  (value) => Array.isArray(value) || (typeof value === 'string' && isExpression(value)),
  'must be an array or a JSONata expression',
)

const condition = z.custom<string>(
  (value) => typeof value === 'string' && isExpression(value),
  'must be a JSONata expression',
)

/** A whole number that may also be worked out by an expression. */
function numberFrom(least: number, most: number) {
  return z.custom<number | string>(
    (value) =>
      typeof value === 'string'
        ? isExpression(value)
        : Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    `must be a whole number from ${least} to ${most}, or a JSONata expression`,
  )
}

const assign = z.record(z.string(), json)
const errorNames = z.array(z.string()).min(1)

const retrier = z.strictObject({
  ErrorEquals: errorNames,
  IntervalSeconds: z.int().min(1).max(maxSeconds).optional(),
  MaxAttempts: z.int().min(0).max(maxSeconds).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: z.int().min(1).max(31_622_400).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
  Comment: z.string().optional(),
})

const catcher = z.strictObject({
  ErrorEquals: errorNames,
  Next: z.string(),
  Assign: assign.optional(),
  Output: template.optional(),
  Comment: z.string().optional(),
})

const everyState = {
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata').optional(),
}
const goesOn = { Next: z.string().optional(), End: z.literal(true).optional() }
const results = { Assign: assign.optional(), Output: template.optional() }
const recovers = { Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() }

const task = z.strictObject({
  Type: z.literal('Task'),
  Resource: z.string(),
  Arguments: template.optional(),
  TimeoutSeconds: numberFrom(1, maxSeconds).optional(),
  HeartbeatSeconds: numberFrom(1, maxSeconds).optional(),
  ...everyState,
  ...goesOn,
  ...results,
  ...recovers,
})

const pass = z.strictObject({ Type: z.literal('Pass'), ...everyState, ...goesOn, ...results })

const choice = z.strictObject({
  Type: z.literal('Choice'),
  Choices: z
    .array(
      z.strictObject({
        Condition: condition,
        Next: z.string(),
        Comment: z.string().optional(),
        ...results,
      }),
    )
    .min(1),
  Default: z.string().optional(),
  ...everyState,
  ...results,
})

const wait = z.strictObject({
  Type: z.literal('Wait'),
  Seconds: numberFrom(0, maxSeconds).optional(),
  Timestamp: z.string().optional(),
  ...everyState,
  ...goesOn,
  ...results,
})

const succeed = z.strictObject({
  Type: z.literal('Succeed'),
  Output: template.optional(),
  ...everyState,
})

const fail = z.strictObject({
  Type: z.literal('Fail'),
  Error: z.string().optional(),
  Cause: z.string().optional(),
  ...everyState,
})

/** A StartAt with its States: the machine itself, a branch of a Parallel, or the inside of a Map. */
export interface Scope {
  StartAt: string
  States: Record<string, State>
  Comment?: string | undefined
}

function scopeFields() {
  return {
    StartAt: z.string(),
    States: z.record(z.string(), state),
    Comment: z.string().optional(),
  }
}

const branch: z.ZodType<Scope> = z.lazy(() => z.strictObject(scopeFields()))

const processor: z.ZodType<Scope> = z.lazy(() =>
  z.strictObject({
    ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE') }).optional(),
    ...scopeFields(),
  }),
)

const parallel = z.strictObject({
  Type: z.literal('Parallel'),
  Branches: z.array(branch).min(1),
  Arguments: template.optional(),
  ...everyState,
  ...goesOn,
  ...results,
  ...recovers,
})

const map = z.strictObject({
  Type: z.literal('Map'),
  Items: items.optional(),
  ItemSelector: template.optional(),
  ItemProcessor: processor,
  MaxConcurrency: numberFrom(0, maxConcurrency).optional(),
  ...everyState,
  ...goesOn,
  ...results,
  ...recovers,
})

export type TaskState = z.infer<typeof task>
export type PassState = z.infer<typeof pass>
export type ChoiceState = z.infer<typeof choice>
export type WaitState = z.infer<typeof wait>
export type SucceedState = z.infer<typeof succeed>
export type FailState = z.infer<typeof fail>
export type ParallelState = z.infer<typeof parallel>
export type MapState = z.infer<typeof map>
export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState
export type Retrier = z.infer<typeof retrier>
export type Catcher = z.infer<typeof catcher>

const state: z.ZodType<State> = z.lazy(() =>
  z.discriminatedUnion('Type', [task, pass, choice, wait, succeed, fail, parallel, map]),
)

/** A whole definition. */
export const machineShape = z.strictObject({
  QueryLanguage: z.literal('JSONata', {
    error: 'must be "JSONata": machines in JSONPath are not executed here',
  }),
  Version: z.literal('1.0').optional(),
  TimeoutSeconds: z.int().min(1).max(maxSeconds).optional(),
  ...scopeFields(),
})

export type Definition = z.infer<typeof machineShape>
