/** What the gateway itself refuses, told in the same shape as every other failure of the API. */
import type { Duplex } from 'node:stream'
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import {
  Failure,
  problemOf,
  type FailureCode,
  type FailureParams,
} from '../../core/contract/failures.ts'
import { continueTrace, traceparentOf } from '../../core/trace.ts'
import type { HttpAnswer } from './http-answer.ts'

export function refusal(
  request: IncomingMessage,
  code: FailureCode,
  params: FailureParams = {},
): HttpAnswer {
  const traceparent = request.headers.traceparent
  const trace = continueTrace(typeof traceparent === 'string' ? traceparent : undefined)
  const origin = `http://${request.headers.host ?? '127.0.0.1'}`
  const problem = problemOf(new Failure(code, undefined, params), {
    origin,
    traceId: trace.traceId,
  })
  return {
    statusCode: problem.status,
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      traceparent: traceparentOf(trace),
      ...(problem.retryable && { 'retry-after': '1' }),
    },
    body: Buffer.from(JSON.stringify(problem)),
  }
}

/** For what never became a request, or will not become a socket: there is no response object to use. */
export function refuseRaw(socket: Duplex, status: number): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const message = STATUS_CODES[status] ?? 'Error'
  const body = JSON.stringify({ message })
  const head = [
    `HTTP/1.1 ${status} ${message}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

/** Only names of this machine: a web page elsewhere may resolve its own name to us, but cannot change this header. */
export function isOurs(hostHeader: string | undefined): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:]+)(:\d{1,5})?$/i.exec(hostHeader ?? '')?.[1]?.toLowerCase()
  if (name === undefined) return false
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
  )
}
