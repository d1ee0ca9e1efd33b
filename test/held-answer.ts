/**
 * Holds what the API answered against the contract, whatever was asked: a success has a status and a body the route
 * names, nothing more; anything else is a Problem that the route is documented to give, complete with what helps.
 * A test that goes through here checks the contract with every request it makes.
 */
import type * as z from 'zod'
import type { RouteName, Routes } from '../core/contract/api.ts'
import { failures, Problem, type FailureCode } from '../core/contract/failures.ts'
import { failuresOf } from '../core/contract/openapi.ts'
import type { Route } from '../core/contract/route.ts'
import { readTrace } from '../core/trace.ts'

export interface Received {
  status: number
  headers: Headers
  text: string
}

type Bodies<Answers> = {
  [Status in keyof Answers]: Answers[Status] extends z.ZodType ? z.output<Answers[Status]> : null
}[keyof Answers]
export type BodyOf<N extends RouteName> = Bodies<Routes[N]['answers']>

export interface Answer<N extends RouteName> extends Received {
  /** Of a success that has one, as JSON. */
  body: BodyOf<N> | undefined
  problem: Problem | undefined
}

export class ContractBroken extends Error {
  override name = 'ContractBroken'
}

const broken = (what: string, { status, text }: Received): never => {
  throw new ContractBroken(`${what}\n  answered: ${status} ${text.slice(0, 2000)}`)
}

/** What may be said of any request, before it is known which route it is for. */
const ofTheGateway: readonly FailureCode[] = [
  'ROUTE_UNKNOWN',
  'METHOD_NOT_ALLOWED',
  'ADDRESS_REFUSED',
]

export const holdProblem = (received: Received, allowed?: readonly FailureCode[]): Problem => {
  const { status, headers, text } = received
  const type = headers.get('content-type')
  if (type !== 'application/problem+json') broken(`A problem came as ${type}`, received)
  const parsed = Problem.safeParse(JSON.parse(text))
  if (!parsed.success) return broken(`Not a Problem: ${parsed.error.message}`, received)
  const problem = parsed.data
  const { code, fix } = problem
  if (problem.status !== status || failures[code].status !== status)
    broken('The problem tells another status than the answer', received)
  if (code === 'INTERNAL') broken('A bug', received)
  if (allowed && !allowed.includes(code)) broken(`The route does not name ${code}`, received)
  if (fix.length === 0) broken('Nothing helps', received)
  const told = [problem.title, ...fix.flatMap(({ text: line, command }) => [line, command ?? ''])]
  if (told.some((line) => /\{\w+\}/.test(line))) broken('A text was not filled in', received)
  if (problem.retryable !== headers.has('retry-after'))
    broken('Retry-After and retryable disagree', received)
  if (status === 401 && !headers.has('www-authenticate')) broken('No WWW-Authenticate', received)
  if (readTrace(headers.get('traceparent') ?? undefined)?.traceId !== problem.traceId)
    broken('The problem and the header tell different traces', received)
  return problem
}

/** Whether two JSON texts say the same; a parser that drops or changes something is found out. */
const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right)

const holdBody = (route: Route, received: Received): unknown => {
  const { status, headers, text } = received
  if (!(status in route.answers)) broken(`${route.path} does not name this status`, received)
  const schema = route.answers[status]
  const type = headers.get('content-type') ?? ''
  if (type === 'text/event-stream' && route.path === '/v1/events') return undefined
  if (type !== 'application/json') broken(`A body came as ${type}`, received)
  const json: unknown = JSON.parse(text)
  const parsed = schema!.safeParse(json)
  if (!parsed.success) return broken(`${route.path}: ${parsed.error.message}`, received)
  if (!same(sorted(parsed.data), sorted(json))) broken('The body holds more than it may', received)
  return json
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]))
}

export const holdAnswer = <N extends RouteName>(route: Route, received: Received): Answer<N> => {
  const { status, headers, text } = received
  if (headers.get('cache-control') !== 'no-store') broken('The answer may be cached', received)
  if (!readTrace(headers.get('traceparent') ?? undefined)) broken('No traceparent', received)
  if (status === 304) {
    if (text !== '' || !headers.has('etag')) broken('Not a 304', received)
    return { ...received, body: undefined, problem: undefined }
  }
  if (status >= 300) {
    const problem = holdProblem(received, [...failuresOf(route), ...ofTheGateway])
    return { ...received, body: undefined, problem }
  }
  const body = holdBody(route, received) as BodyOf<N> | undefined
  return { ...received, body, problem: undefined }
}
