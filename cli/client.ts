/**
 * The API as a function: a route's name and its typed parameters in, its body out. Method and path come from the
 * route table, so the CLI knows no URL. A request that may have been lost is sent again, a change under the same
 * Idempotency-Key, so that it happens once. Answers are passed on as they came: a newer API may say more than this
 * CLI knows.
 */
import { randomUUID } from 'node:crypto'
import type * as z from 'zod'
import type { Clock } from '../core/clock.ts'
import { routes, type RouteName, type Routes } from '../core/contract/api.ts'
import { Failure, problemOf, type FailureCode, type Problem } from '../core/contract/failures.ts'
import type { Route } from '../core/contract/route.ts'
import { continueTrace, traceparentOf } from '../core/trace.ts'
import type { Address, Credential } from './address.ts'
import { cliFailure, refused, type CliFailure } from './cli-failure.ts'
import { spanText } from './durations.ts'
import { unreachable } from './unreachable.ts'

type Given<K extends string, T> = {} extends T ? { [P in K]?: T } : { [P in K]: T }
type Body<R extends Route> = R['body'] extends z.ZodType
  ? { body: z.input<R['body']> }
  : { body?: undefined }
export type Request<N extends RouteName> = Given<'params', z.output<Routes[N]['params']>> &
  Given<'query', z.output<Routes[N]['query']>> &
  Body<Routes[N]>
type Answers<R extends Route> = R['answers'][keyof R['answers']]
export type Answer<N extends RouteName> = z.output<NonNullable<Answers<Routes[N]>>>

export interface Sending {
  /** The ETag it must still have. */
  ifMatch?: string
  /** How long to go on trying when the API does not answer. */
  reconnectForMs?: number
  /** Beyond this an attempt counts as lost. */
  answerWithinMs?: number
  signal?: AbortSignal
}

export interface Connection {
  address: Address
  /** Asked for when a route first needs it. */
  credential: () => Credential
  clock: Clock
  signal: AbortSignal
  say: (text: string) => void
}

/** A request whose types have been checked already. */
interface Loose {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}
interface Attempt {
  method: string
  url: string
  headers: Record<string, string>
  body: string | null
  signal: AbortSignal
}
interface Refusal {
  failure: CliFailure
  /** How long waiting and trying again makes sense, all in all; 0: it does not. */
  patienceMs: number
  waitMs?: number
  /** What this attempt itself waited in vain. */
  waitedMs?: number
}
export interface Reply<T> {
  body: T
  headers: Headers
}

/** The longest the API itself waits is 25 s. */
const attemptMs = 35_000
const busyPatienceMs = 65_000
const defaultReconnectMs = 2_000

export class Client {
  readonly traceId: string
  readonly address: Address
  #connection: Connection
  #traceparent: string

  constructor(connection: Connection) {
    const trace = continueTrace(undefined)
    this.traceId = trace.traceId
    this.#traceparent = traceparentOf(trace)
    this.address = connection.address
    this.#connection = connection
  }

  async call<N extends RouteName>(
    name: N,
    request: Request<N>,
    sending: Sending = {},
  ): Promise<Answer<N>> {
    return (await this.ask(name, request, sending)).body
  }

  /** As call, with the answer's headers. */
  async ask<N extends RouteName>(
    name: N,
    request: Request<N>,
    sending: Sending = {},
  ): Promise<Reply<Answer<N>>> {
    const { clock, signal, say } = this.#connection
    let waitedMs = 0
    const attempt = this.#attempt(routes[name], request as Loose, sending)
    for (let tries = 0; ; tries++) {
      const outcome = await this.#send(attempt, sending)
      if ('body' in outcome) return outcome as Reply<Answer<N>>
      const waitMs = outcome.waitMs ?? Math.min(250 * 2 ** tries, 5_000)
      waitedMs += waitMs + (outcome.waitedMs ?? 0)
      if (waitedMs > outcome.patienceMs) throw outcome.failure
      if (waitMs >= 1_000)
        say(`${outcome.failure.account.title}; trying again in ${spanText(waitMs)}`)
      await clock.sleep(waitMs, sending.signal ?? signal)
    }
  }

  /** A failure in the API's words that is found out on this side: a name that stands for nothing. */
  refusal(code: FailureCode, params: Record<string, unknown>): CliFailure {
    return refused(problemOf(new Failure(code, undefined, params)), this.traceId)
  }

  #attempt(route: Route, request: Loose, sending: Sending): Attempt {
    const params = request.params ?? {}
    const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) =>
      encodeURIComponent(String(params[key])),
    )
    const query = Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined)
    const text = new URLSearchParams(
      query.map(([key, value]) => [key, String(value)] as [string, string]),
    )
    const search = query.length > 0 ? `?${text}` : ''
    const body = request.body === undefined ? null : JSON.stringify(request.body)
    return {
      method: route.method,
      url: `${this.address.url}${path}${search}`,
      headers: {
        accept: 'application/json, application/problem+json',
        traceparent: this.#traceparent,
        ...(route.access.by === 'key' && {
          authorization: `Bearer ${this.#connection.credential().key}`,
        }),
        ...(route.mutating && { 'idempotency-key': randomUUID() }),
        ...(body !== null && { 'content-type': 'application/json' }),
        ...(sending.ifMatch !== undefined && { 'if-match': sending.ifMatch }),
      },
      body,
      signal: sending.signal ?? this.#connection.signal,
    }
  }

  async #send(attempt: Attempt, sending: Sending): Promise<Reply<unknown> | Refusal> {
    const { clock } = this.#connection
    const timer = new AbortController()
    const done = new AbortController()
    const withinMs = sending.answerWithinMs ?? attemptMs
    clock.sleep(withinMs, done.signal).then(
      () => timer.abort(new Error(`no answer in ${spanText(withinMs)}`)),
      () => {},
    )
    try {
      const response = await fetch(attempt.url, {
        ...attempt,
        redirect: 'error',
        signal: AbortSignal.any([attempt.signal, timer.signal]),
      })
      return this.#read(response, await response.text())
    } catch (error) {
      attempt.signal.throwIfAborted()
      const { aborted, reason } = timer.signal
      return {
        failure: unreachable(this.address, aborted ? reason : error),
        patienceMs: sending.reconnectForMs ?? defaultReconnectMs,
        waitedMs: aborted ? withinMs : 0,
      }
    } finally {
      done.abort()
    }
  }

  #read(response: Response, text: string): Reply<unknown> | Refusal {
    const body = parsed(text)
    if (response.ok && (body !== undefined || text === ''))
      return { body, headers: response.headers }
    if (!isProblem(body)) return this.#strange(response)
    const waitMs = body.retryAfterMs ?? retryAfter(response)
    return {
      failure: refused(body, this.traceId),
      patienceMs: body.retryable ? busyPatienceMs : 0,
      ...(waitMs !== undefined && { waitMs }),
    }
  }

  /** A proxy's page, another server, half an answer. Gateways that could not reach the API say 502 to 504. */
  #strange(response: Response): Refusal {
    const { url } = this.address
    const type = response.headers.get('content-type') ?? 'no content type'
    return {
      failure: cliFailure(
        'API_ANSWER_UNREADABLE',
        `${url} answered ${response.status} with ${type}.`,
        { text: 'See what answers there', command: `curl -i ${url}/v1` },
      ),
      patienceMs: response.status >= 502 && response.status <= 504 ? defaultReconnectMs : 0,
    }
  }
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isProblem = (body: unknown): body is Problem => {
  const problem = body as Partial<Problem> | null | undefined
  return typeof problem?.code === 'string' && Array.isArray(problem.fix)
}

const retryAfter = (response: Response) => {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}
