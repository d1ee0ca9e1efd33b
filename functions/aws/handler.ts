/**
 * The one wrapper around every function that answers HTTP: a trace that goes on or begins, one log line, and the rule
 * of failures: what is named is told by name; anything else is a bug, told as INTERNAL and logged with its stack.
 */
import middy, { type MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { Failure } from '../../core/contract/failures.ts'
import { continueTrace, readTrace, traceparentOf, type Trace } from '../../core/trace.ts'
import { isBusy } from './busy.ts'
import { clock } from './clock.ts'
import { log } from './log.ts'
import { renderProblem } from './response.ts'

export type HttpEvent = APIGatewayProxyEventV2
export type HttpResult = APIGatewayProxyStructuredResultV2

/** The event's own header carries the trace from here on, so that everybody behind reads the same one. */
export const traceOf = (event: HttpEvent): Trace =>
  readTrace(event.headers.traceparent) ?? continueTrace(undefined)

const told = new WeakMap<HttpEvent, Record<string, string>>()

/** Headers that go with whatever this request is answered, a refusal too. */
export const tellAnyway = (event: HttpEvent, headers: Record<string, string>) =>
  told.set(event, headers)

interface Internal extends Record<string, unknown> {
  began?: number
}
type Middleware = MiddlewareObj<HttpEvent, HttpResult, Error, Context, Internal>

const traced = (): Middleware => ({
  before: ({ event, internal }) => {
    internal.began = clock.now()
    event.headers.traceparent = traceparentOf(continueTrace(event.headers.traceparent))
  },
  after: ({ event, response, internal }) => {
    if (response) tell(event, response, internal)
  },
})

const tell = (event: HttpEvent, result: HttpResult, { began }: Internal, code?: string) => {
  const trace = traceOf(event)
  result.headers = { ...result.headers, ...told.get(event), traceparent: traceparentOf(trace) }
  const { method, path } = event.requestContext.http
  const status = result.statusCode ?? 0
  const now = clock.now()
  const ms = now - (began ?? now)
  log('info', 'request', { method, path, status, code, ms, traceId: trace.traceId })
}

/** The failure an error is told as. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  return new Failure(isBusy(error) ? 'CLOUD_UNAVAILABLE' : 'INTERNAL')
}

const failuresAsProblems = (): Middleware => ({
  onError: (request) => {
    const { event, error, internal } = request
    const failure = failureOf(error)
    const { traceId } = traceOf(event)
    if (failure.code === 'INTERNAL') log('error', 'bug', { traceId, stack: error?.stack })
    const scheme = event.headers['x-forwarded-proto'] ?? 'https'
    const origin = `${scheme}://${event.requestContext.domainName}`
    request.response = renderProblem(failure, { traceId, origin })
    tell(event, request.response, internal, failure.code)
  },
})

export const httpHandler = (handle: (event: HttpEvent, trace: Trace) => Promise<HttpResult>) =>
  middy<HttpEvent, HttpResult, Error, Context, Internal>()
    .use(traced())
    .use(failuresAsProblems())
    .handler((event) => handle(event, traceOf(event)))
