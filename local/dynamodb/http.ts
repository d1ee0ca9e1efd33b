/**
 * The engine as an HTTP endpoint on the loopback interface, for other processes and for tools that
 * take an endpoint address. Like every local endpoint of its kind it checks no signature; it therefore
 * listens on loopback only and answers only requests that name it so, which keeps web pages out.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DynamoDbEngine } from './engine.ts'
import { DynamoDbError, malformed } from './errors.ts'
import { limits } from './limits.ts'
import { answer } from './request-handler.ts'

export interface DynamoDbEndpoint extends AsyncDisposable {
  readonly url: string
  close(): Promise<void>
}

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

export async function serveDynamoDb(engine: DynamoDbEngine, port = 0): Promise<DynamoDbEndpoint> {
  const server = createServer((request, response) => void reply(engine, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function reply(
  engine: DynamoDbEngine,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { statusCode, headers, body } = await read(request)
    .then((bytes) =>
      answer(engine, {
        headers: request.headers as Record<string, string | undefined>,
        body: bytes,
      }),
    )
    .catch((error: unknown) => failure(error))
  response.writeHead(statusCode, headers).end(body)
}

async function read(request: IncomingMessage): Promise<Buffer> {
  if (request.method !== 'POST' || !loopbackHost.test(request.headers.host ?? '')) {
    throw malformed('Only POST requests to a loopback address are answered')
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limits.requestBytes) throw malformed('The request is larger than 16 MB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A bug shows as a 500, as it would at the service; what it was goes to whoever reads stderr. */
function failure(error: unknown) {
  const known =
    error instanceof DynamoDbError
      ? error
      : new DynamoDbError('InternalServerError', 'The embedded DynamoDB failed')
  if (known !== error) process.emitWarning(error instanceof Error ? error : String(error))
  return {
    statusCode: known.statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': known.name },
    body: Buffer.from(JSON.stringify(known.body)),
  }
}
