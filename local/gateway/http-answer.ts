/**
 * A function's answer as an HTTP response, read as payload format 2.0 reads it: with a statusCode it is a response;
 * without one it is the body of a 200. What cannot be sent as HTTP is the function's fault, as on AWS.
 */
import type { ServerResponse } from 'node:http'

export interface HttpAnswer {
  statusCode: number
  headers: Record<string, string | string[]>
  body: Buffer
}

export class UnusableAnswer extends Error {
  override name = 'UnusableAnswer'
}

/** Headers that belong to the connection, not to the function. */
const ours = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade'])

export function httpAnswer(result: unknown): HttpAnswer {
  if (!isRecord(result) || result.statusCode === undefined) {
    const text = typeof result === 'string' ? result : JSON.stringify(result)
    return answer(200, { 'content-type': 'application/json' }, Buffer.from(text))
  }
  const statusCode = Number(result.statusCode)
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599)
    throw new UnusableAnswer(`${String(result.statusCode)} is not a status`)
  const headers = readHeaders(result.headers)
  if (Array.isArray(result.cookies)) headers['set-cookie'] = result.cookies.map(String)
  const text = readBody(result.body)
  if (text !== '') headers['content-type'] ??= 'text/plain;charset=utf-8'
  return answer(statusCode, headers, Buffer.from(text, result.isBase64Encoded ? 'base64' : 'utf8'))
}

const answer = (statusCode: number, headers: HttpAnswer['headers'], body: Buffer) => ({
  statusCode,
  headers,
  body,
})

function readHeaders(given: unknown): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  if (!isRecord(given)) return headers
  for (const [name, value] of Object.entries(given)) {
    const known = name.toLowerCase()
    if (value === undefined || value === null || ours.has(known)) continue
    headers[known] = String(value)
  }
  return headers
}

function readBody(body: unknown): string {
  if (body === undefined || body === null) return ''
  if (typeof body === 'string') return body
  throw new UnusableAnswer('a body is a string')
}

export function send(response: ServerResponse, { statusCode, headers, body }: HttpAnswer): void {
  if (response.headersSent || response.destroyed) return
  const empty = statusCode === 204 || statusCode === 304
  try {
    response.writeHead(statusCode, {
      ...headers,
      ...(!empty && { 'content-length': String(body.length) }),
    })
  } catch (error) {
    throw new UnusableAnswer(`not a header: ${(error as Error).message}`)
  }
  response.end(empty ? undefined : body)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
