/**
 * An API Gateway event as a request of a route: parsed, held against the route's shapes, with all its errors at once.
 */
import { isUtf8 } from 'node:buffer'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type * as z from 'zod'
import { bodyLimitBytes } from '../../core/contract/cloud.ts'
import { Failure, type InputError } from '../../core/contract/failures.ts'
import type { Route } from '../../core/contract/route.ts'

export interface Input {
  params: unknown
  query: Record<string, unknown>
  body: unknown
  idempotencyKey: string | undefined
  ifMatch: string | undefined
}

export const rawBody = (event: APIGatewayProxyEventV2): string => {
  const body = event.body ?? ''
  const bytes = Buffer.from(body, event.isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > bodyLimitBytes)
    throw new Failure('BODY_TOO_LARGE', undefined, { limitBytes: bodyLimitBytes })
  if (!isUtf8(bytes)) throw new Failure('BROKEN_JSON', 'The body is not UTF-8.')
  return bytes.toString('utf8')
}

const jsonBody = (event: APIGatewayProxyEventV2): unknown => {
  const text = rawBody(event)
  if (text.trim() === '') return undefined
  const type = event.headers['content-type'] ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new Failure(
      'MEDIA_TYPE_UNSUPPORTED',
      `The body was sent as ${type || 'nothing in particular'}.`,
    )
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure('BROKEN_JSON', `The body is not JSON: ${(error as Error).message}.`)
  }
}

const pointerOf = (where: InputError['in'], path: readonly PropertyKey[]) => {
  const escaped = path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))
  return where === 'body' ? escaped.map((part) => `/${part}`).join('') : escaped.join('.')
}

const errorsOf = (where: InputError['in'], error: z.ZodError): InputError[] =>
  error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        in: where,
        pointer: pointerOf(where, [...issue.path, key]),
        detail: 'is not known here',
      }))
    return [{ in: where, pointer: pointerOf(where, issue.path), detail: issue.message }]
  })

const headerErrors = (route: Route, headers: Record<string, string | undefined>): InputError[] => {
  const errors: InputError[] = []
  const key = headers['idempotency-key']
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key))
    errors.push({
      in: 'header',
      pointer: 'idempotency-key',
      detail: 'must be 1 to 255 visible ASCII characters',
    })
  const match = headers['if-match']
  if (route.conditional && match !== undefined && !/^(\*|"v\d{1,15}")$/.test(match))
    errors.push({
      in: 'header',
      pointer: 'if-match',
      detail: 'must be one ETag as it was answered, like "v3"',
    })
  return errors
}

/** Nobody reads more of them, and an answer must not grow with the wrong of a request. */
const errorsTold = 100

export const readInput = (route: Route, event: APIGatewayProxyEventV2): Input => {
  const headers = event.headers
  const errors = headerErrors(route, headers)
  const parse = (where: InputError['in'], schema: z.ZodType, value: unknown): unknown => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    errors.push(...errorsOf(where, parsed.error))
    return undefined
  }
  const params = parse('path', route.params, event.pathParameters ?? {})
  const query = parse('query', route.query, event.queryStringParameters ?? {})
  let body: unknown
  if (route.body) body = parse('body', route.body, jsonBody(event))
  else if (event.body) errors.push({ in: 'body', pointer: '', detail: 'this route takes no body' })
  if (errors.length > 0)
    throw new Failure(
      'INPUT_INVALID',
      errors.length === 1
        ? 'The request has one error.'
        : `The request has ${errors.length} errors.`,
      {},
      errors.slice(0, errorsTold),
    )
  return {
    params,
    query: query as Record<string, unknown>,
    body,
    idempotencyKey: headers['idempotency-key'],
    ifMatch: headers['if-match'],
  }
}
