/** The HTTP gateway against what API Gateway documents, over real sockets, with functions that echo. */
import { connect } from 'node:net'
import { request } from 'node:http'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterEach, describe, expect, test } from 'vitest'
import { ManualClock, systemClock, type Clock } from '../../core/clock.ts'
import { FunctionError, LambdaError } from '../lambda/failures.ts'
import type { Invoke } from '../lambda/adversity.ts'
import { silent } from '../log.ts'
import { httpBodyBytes, integrationTimeoutMs } from './gateway-limits.ts'
import { prepareGateway, type Gateway } from './gateway.ts'

let open: Gateway | undefined
afterEach(async () => {
  await open?.close(0)
  open = undefined
})

const serve = async (invoke: Invoke, clock: Clock = systemClock) => {
  open = await prepareGateway({ port: 0, invoke, clock, log: silent }).open()
  return open.url
}

const echo: Invoke = async (name, event) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name, event }),
})

interface Sent {
  method?: string
  path: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
}

/** Node's own client, because fetch forbids some headers and joins others. */
const send = (url: string, { method = 'GET', path, headers = {}, body }: Sent) =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(url)
      const asked = request({ hostname, port, method, path, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, text }),
        )
      })
      asked.on('error', reject)
      asked.end(body)
    },
  )

const eventOf = async (sent: Sent): Promise<APIGatewayProxyEventV2> => {
  const { text } = await send(await serve(echo), sent)
  return (JSON.parse(text) as { event: APIGatewayProxyEventV2 }).event
}

const raw = (url: string, text: string) =>
  new Promise<string>((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    socket.write(text)
  })

describe('a request becomes an event of payload format 2.0', () => {
  test('with everything that stands in it', async () => {
    const event = await eventOf({
      method: 'POST',
      path: '/v1/vms?wait=5&label=a&label=b%20c&empty=',
      headers: { 'content-type': 'application/json', 'User-Agent': 'test/1', 'X-Thing': 'Value' },
      body: '{"name":"web"}',
    })
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'POST /v1/vms',
      rawPath: '/v1/vms',
      rawQueryString: 'wait=5&label=a&label=b%20c&empty=',
      queryStringParameters: { wait: '5', label: 'a,b c', empty: '' },
      headers: { 'x-thing': 'Value', 'x-forwarded-proto': 'http', 'x-forwarded-for': '127.0.0.1' },
      requestContext: {
        http: {
          method: 'POST',
          path: '/v1/vms',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test/1',
        },
        routeKey: 'POST /v1/vms',
        stage: '$default',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/) as string,
        timeEpoch: expect.any(Number) as number,
      },
      body: '{"name":"web"}',
      isBase64Encoded: false,
    })
    expect(event).not.toHaveProperty('pathParameters')
    expect(event).not.toHaveProperty('cookies')
  })

  test('with path parameters decoded and the raw path left as it came', async () => {
    const event = await eventOf({ path: '/v1/vms/a%20b' })
    expect(event.pathParameters).toEqual({ vmId: 'a b' })
    expect(event.rawPath).toBe('/v1/vms/a%20b')
    expect(event).not.toHaveProperty('queryStringParameters')
    expect(event).not.toHaveProperty('body')
  })

  test('with repeated headers joined and cookies apart', async () => {
    const event = await eventOf({
      path: '/v1/vms',
      headers: { 'X-Many': ['a', 'b'], authorization: ['one', 'two'], cookie: 'a=1; b=2' },
    })
    expect(event.headers).toMatchObject({ 'x-many': 'a,b', authorization: 'one,two' })
    expect(event.headers).not.toHaveProperty('cookie')
    expect(event.cookies).toEqual(['a=1', 'b=2'])
  })

  test.for([
    ['application/json', undefined, false],
    ['application/json; charset=utf-8', undefined, false],
    ['application/problem+json', undefined, false],
    ['text/csv', undefined, false],
    ['application/json', 'gzip', true],
    ['application/octet-stream', undefined, true],
    ['application/x-www-form-urlencoded', undefined, true],
    [undefined, undefined, true],
  ] as const)('with a body of %s, encoded as %s, in base64: %s', async ([type, coding, base64]) => {
    const body = Buffer.from('{"ä":1}')
    const event = await eventOf({
      method: 'POST',
      path: '/v1/vms',
      headers: {
        ...(type && { 'content-type': type }),
        ...(coding && { 'content-encoding': coding }),
      },
      body,
    })
    expect(event.isBase64Encoded).toBe(base64)
    expect(event.body).toBe(body.toString(base64 ? 'base64' : 'utf8'))
  })

  test('also when the target is a whole URL', async () => {
    const event = await eventOf({ path: 'http://somewhere.example/v1/vms?a=1' })
    expect(event).toMatchObject({
      routeKey: 'GET /v1/vms',
      rawPath: '/v1/vms',
      rawQueryString: 'a=1',
    })
  })

  test('and what no route matches goes to the function that refuses', async () => {
    const { text } = await send(await serve(echo), { method: 'PUT', path: '/v1/nowhere' })
    expect(JSON.parse(text)).toMatchObject({
      name: 'api/refuse-route',
      event: { routeKey: '$default', rawPath: '/v1/nowhere' },
    })
  })
})

describe('an answer becomes a response', () => {
  test.for([
    [
      { statusCode: 201, headers: { ETag: '"v1"' }, body: 'x' },
      201,
      'x',
      'text/plain;charset=utf-8',
    ],
    [
      { statusCode: 200, body: 'aGk=', isBase64Encoded: true },
      200,
      'hi',
      'text/plain;charset=utf-8',
    ],
    [{ statusCode: '404', body: '' }, 404, '', undefined],
    [{ statusCode: 304, headers: { etag: '"v1"' } }, 304, '', undefined],
    [{ no: 'status' }, 200, '{"no":"status"}', 'application/json'],
    ['text', 200, 'text', 'application/json'],
  ] as const)('%j', async ([answer, status, text, type]) => {
    const response = await send(await serve(async () => answer), { path: '/v1' })
    expect(response).toMatchObject({ status, text })
    expect(response.headers['content-type']).toBe(type)
    expect(response.headers['apigw-requestid']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('with its cookies, and without headers that belong to the connection', async () => {
    const answer = {
      statusCode: 200,
      headers: { 'Content-Length': '999', 'transfer-encoding': 'chunked', 'x-a': 1 },
      cookies: ['a=1', 'b=2'],
      body: 'ok',
    }
    const { headers, text } = await send(await serve(async () => answer), { path: '/v1' })
    expect(headers).toMatchObject({
      'content-length': '2',
      'x-a': '1',
      'set-cookie': ['a=1', 'b=2'],
    })
    expect(text).toBe('ok')
  })

  test('and opens nothing to pages of other origins', async () => {
    const url = await serve(echo)
    const { headers } = await send(url, {
      path: '/v1',
      headers: { origin: 'https://evil.example' },
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('what goes wrong ends in an answer with a name', () => {
  const bug = () => Promise.reject(new FunctionError('TypeError', 'secret detail'))
  const lambda = (name: LambdaError['name']) => () => Promise.reject(new LambdaError(name, 'x'))
  test.for<[string, Invoke, number, string]>([
    ['a function that throws', bug, 500, 'INTERNAL'],
    ['a status that is none', async () => ({ statusCode: 99 }), 500, 'INTERNAL'],
    ['a body that is no text', async () => ({ statusCode: 200, body: {} }), 500, 'INTERNAL'],
    [
      'a header that is none',
      async () => ({ statusCode: 200, headers: { 'x-a': 'b\r\nset-cookie: c=d' }, body: '' }),
      500,
      'INTERNAL',
    ],
    ['too many at once', lambda('TooManyRequestsException'), 503, 'CLOUD_UNAVAILABLE'],
    [
      'an event too large for a function',
      lambda('RequestTooLargeException'),
      413,
      'BODY_TOO_LARGE',
    ],
  ])('%s', async ([, invoke, status, code]) => {
    const response = await send(await serve(invoke), { path: '/v1' })
    expect(response.status).toBe(status)
    expect(response.headers['content-type']).toBe('application/problem+json')
    expect(JSON.parse(response.text)).toMatchObject({ code, status, fix: expect.any(Array) as [] })
    expect(response.text).not.toContain('secret')
  })

  test('a function that takes longer than the integration may', async () => {
    const clock = new ManualClock()
    const url = await serve(() => new Promise(() => {}), clock)
    const response = send(url, { path: '/v1' })
    while (clock.nextIn() === undefined) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(integrationTimeoutMs)
    expect(await response).toMatchObject({ status: 503 })
  })

  test('a body that is announced to be too large', async () => {
    const url = await serve(echo)
    const head = `POST /v1/vms HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${httpBodyBytes + 1}\r\n\r\n`
    const answer = await raw(url, head)
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toContain('BODY_TOO_LARGE')
  })

  test('a body that turns out to be too large', async () => {
    const url = await serve(echo)
    const chunk = Buffer.alloc(1024 * 1024, 0x20)
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      let text = ''
      socket.on('data', (data) => (text += data.toString()))
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
      socket.write('POST /v1/vms HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n')
      for (let sent = 0; sent < 12; sent++) {
        socket.write('100000\r\n')
        socket.write(chunk)
        socket.write('\r\n')
      }
    })
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  test.for([
    ['not HTTP', 'hello\r\n\r\n', 400],
    ['no host', 'GET /v1 HTTP/1.1\r\n\r\n', 400],
    [
      'headers too large',
      `GET /v1 HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    [
      'two lengths',
      'POST /v1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
    ],
    [
      'a length and chunks',
      'POST /v1 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
    ],
    [
      'broken chunks',
      'POST /v1 HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
    ['a space in the target', 'GET /v 1 HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
  ] as const)('%s', async ([, text, status]) => {
    const url = await serve(echo)
    expect(await raw(url, text)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(await send(url, { path: '/v1' })).toMatchObject({ status: 200 })
  })

  test.for([
    ['localhost', 200],
    ['LOCALHOST:7600', 200],
    ['console.localhost', 200],
    ['127.0.0.1:1', 200],
    ['[::1]:7600', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example', 421],
    ['192.168.0.1', 421],
  ] as const)('the name %s is answered with %s', async ([host, status]) => {
    const response = await send(await serve(echo), { path: '/v1', headers: { host } })
    expect(response.status).toBe(status)
  })

  test('an upgrade to something else is not taken up', async () => {
    const headers = { connection: 'upgrade', upgrade: 'h2c' }
    expect(await send(await serve(echo), { path: '/v1', headers })).toMatchObject({ status: 200 })
  })

  test('a client that goes away in the middle of its request', async () => {
    const url = await serve(echo)
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write('POST /v1/vms HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{')
    await new Promise((resolve) => setImmediate(resolve))
    socket.destroy()
    expect(await send(url, { path: '/v1' })).toMatchObject({ status: 200 })
  })
})

test('a port that is taken is a failure that says so', async () => {
  const url = await serve(echo)
  const port = Number(new URL(url).port)
  const second = prepareGateway({ port, invoke: echo, clock: systemClock, log: silent })
  await expect(second.open()).rejects.toMatchObject({ code: 'PORT_IN_USE' })
})

test('closing waits for the request under way', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<unknown>()
  const url = await serve(() => {
    asked.resolve()
    return answer.promise
  })
  const response = send(url, { path: '/v1' })
  const gateway = open!
  open = undefined
  await asked.promise
  const closed = gateway.close(10_000)
  answer.resolve({ statusCode: 200, body: 'done' })
  expect(await response).toMatchObject({ status: 200, text: 'done' })
  await closed
  await expect(send(url, { path: '/v1' })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
