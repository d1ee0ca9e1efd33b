/**
 * What a route is: method, path and access, and the shapes of what goes in and comes out. The route table (api.ts)
 * is read by the gateway at home, by the stacks for AWS, by the CLI and by the API description; none of them
 * repeats what stands here.
 */
import * as z from 'zod'
import type { Access } from '../access.ts'
import type { FilterFields } from '../filter.ts'
import type { FailureCode } from './failures.ts'

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

export interface Route {
  /** The folder in functions/ whose file of the route's name answers it. */
  caller: 'api' | 'agent'
  method: Method
  path: `/${string}`
  summary: string
  access: Access
  params: z.ZodObject
  query: z.ZodObject
  body: z.ZodType | null
  /** Success statuses and their bodies; null is an empty body. */
  answers: Readonly<Record<number, z.ZodType | null>>
  failures: readonly FailureCode[]
  /** Changes something: takes Idempotency-Key and validateOnly. */
  mutating: boolean
  /** Takes If-Match. */
  conditional: boolean
  /** Begins an operation: 202, Location, wait. */
  operation: boolean
  list: { fields: FilterFields } | null
  /** Answers as text/event-stream, unless JSON is asked for. */
  eventStream?: boolean
  /** What a person would send; a test sends it. */
  example: Example
}

export interface Example {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  status: number
}

const none = z.strictObject({})
const validateOnly = z.enum(['true', 'false']).optional().meta({
  description: 'true: check everything, change nothing, answer what would be answered',
})
/** A number in a query is its digits, nothing a language might also take for one. */
export const digits = (least: number, most: number) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : given),
    z
      .int({ error: `must be a whole number from ${least} to ${most}` })
      .min(least)
      .max(most),
  )
export const Wait = digits(0, 25).optional().meta({
  description:
    'Seconds to wait for the operation to end; the answer is the operation as it then is',
})
const listQuery = z.strictObject({
  pageSize: digits(1, 1000).optional(),
  pageToken: z.string().max(2048).optional(),
  filter: z
    .string()
    .optional()
    .meta({ description: 'AIP-160 subset: state = running AND labels.env = prod' }),
})
const mutatingQuery = z.strictObject({ validateOnly })
const operationQuery = z.strictObject({ validateOnly, wait: Wait })

interface Given<P extends z.ZodObject, B extends z.ZodType | null, A extends Route['answers']> {
  summary: string
  access: Access
  params?: P
  body?: B
  answers: A
  failures?: readonly FailureCode[]
  conditional?: boolean
  example: Example
}
const rest = { failures: [], conditional: false, list: null } as const

const paths = <P extends z.ZodObject>(params: P | undefined) => (params ?? none) as P

/** Reads one thing. */
export const read = <
  P extends z.ZodObject = typeof none,
  A extends Route['answers'] = Route['answers'],
  Q extends z.ZodObject = typeof none,
>(
  path: `/${string}`,
  given: Given<P, null, A> & { query?: Q; eventStream?: boolean },
) => ({
  ...rest,
  ...given,
  caller: 'api' as const,
  method: 'GET' as const,
  path,
  params: paths(given.params),
  query: (given.query ?? none) as Q,
  body: null,
  mutating: false,
  operation: false,
})

/** Reads a page of many. */
export const list = <I extends z.ZodType, P extends z.ZodObject = typeof none>(
  path: `/${string}`,
  given: Omit<Given<P, null, never>, 'answers'> & { items: I; fields: FilterFields },
) => ({
  ...rest,
  ...given,
  caller: 'api' as const,
  method: 'GET' as const,
  path,
  params: paths(given.params),
  query: listQuery,
  body: null,
  answers: {
    200: z.strictObject({ items: z.array(given.items), nextPageToken: z.string().nullable() }),
  },
  failures: ['FILTER_INVALID', 'FILTER_TOO_COMPLEX', 'CURSOR_INVALID'] as const,
  mutating: false,
  operation: false,
  list: { fields: given.fields },
})

/** Changes something at once. */
export const change = <
  P extends z.ZodObject = typeof none,
  B extends z.ZodType | null = null,
  A extends Route['answers'] = Route['answers'],
>(
  method: Exclude<Method, 'GET'>,
  path: `/${string}`,
  given: Given<P, B, A>,
) => ({
  ...rest,
  ...given,
  caller: 'api' as const,
  method,
  path,
  params: paths(given.params),
  query: mutatingQuery,
  body: (given.body ?? null) as B,
  mutating: true,
  operation: false,
})

/** Begins something that takes longer than a request: the answer is an operation. */
export const begin = <
  O extends z.ZodType,
  P extends z.ZodObject = typeof none,
  B extends z.ZodType | null = null,
>(
  method: Exclude<Method, 'GET'>,
  path: `/${string}`,
  given: Omit<Given<P, B, never>, 'answers'> & { operation: O },
) => ({
  ...rest,
  ...given,
  caller: 'api' as const,
  method,
  path,
  params: paths(given.params),
  query: operationQuery,
  body: (given.body ?? null) as B,
  answers: { 202: given.operation, 200: given.operation },
  mutating: true,
  operation: true,
})

/** What an agent asks; signed by its host, never by a key. */
export const agent = <B extends z.ZodType, A extends Route['answers']>(
  path: `/agent/v1/${string}`,
  given: {
    summary: string
    access?: Access
    body: B
    answers: A
    failures?: readonly FailureCode[]
    example: Example
  },
) => ({
  ...rest,
  access: { by: 'host' } as Access,
  ...given,
  caller: 'agent' as const,
  method: 'POST' as const,
  path,
  params: none,
  query: none,
  mutating: false,
  operation: false,
})
