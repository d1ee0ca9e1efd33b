/**
 * The engine as an AWS SDK `requestHandler`: the clients the functions use talk to it as they would
 * to the service, in JSON 1.0, without a socket. The same answers serve the HTTP endpoint (http.ts).
 */
import { isStorageTrouble } from '../storage-trouble.ts'
import type { DynamoDbEngine } from './engine.ts'
import { DynamoDbError, malformed } from './errors.ts'
import { limits } from './limits.ts'

export interface WireRequest {
  headers: Record<string, string | undefined>
  body?: unknown
}

export interface WireResponse {
  statusCode: number
  headers: Record<string, string>
  body: Uint8Array
}

/** What the AWS SDK v3 takes as `requestHandler`. */
export interface SdkRequestHandler {
  handle(request: WireRequest): Promise<{ response: WireResponse }>
  destroy(): void
}

const contentType = 'application/x-amz-json-1.0'
const targetPrefix = 'DynamoDB_20120810.'

export function dynamoDbRequestHandler(engine: DynamoDbEngine): SdkRequestHandler {
  return {
    handle: async (request) => ({ response: await answer(engine, request) }),
    destroy: () => {},
  }
}

export async function answer(
  engine: DynamoDbEngine,
  { headers, body }: WireRequest,
): Promise<WireResponse> {
  try {
    const target = headers['x-amz-target'] ?? ''
    const operation = target.startsWith(targetPrefix)
      ? target.slice(targetPrefix.length)
      : target || '(none named)'
    return respond(200, await engine.send(operation, parse(body)))
  } catch (error) {
    const known = isStorageTrouble(error)
      ? new DynamoDbError('InternalServerError', (error as Error).message)
      : error
    if (!(known instanceof DynamoDbError)) throw known
    return respond(known.statusCode, known.body, { 'x-amzn-errortype': known.name })
  }
}

function respond(
  statusCode: number,
  body: object,
  headers: Record<string, string> = {},
): WireResponse {
  return {
    statusCode,
    headers: { 'content-type': contentType, ...headers },
    body: Buffer.from(JSON.stringify(body)),
  }
}

function parse(body: unknown): object {
  const text = typeof body === 'string' ? body : textOf(body as Uint8Array)
  if (text.length > limits.requestBytes) throw malformed('The request is larger than 16 MB')
  let input: unknown
  try {
    input = JSON.parse(text)
  } catch {
    throw malformed('The request is no JSON')
  }
  if (typeof input !== 'object' || input === null) throw malformed('The request is no JSON object')
  return input
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  // A view of the bytes: copying the SDK's own kind of array calls methods it warns about.
  return Buffer.from(buffer, byteOffset, byteLength).toString()
}
