import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'
import { holdProblem } from '../held-answer.ts'
import { sendBytes, sendRaw, type Raw } from '../raw-request.ts'

let under: CloudUnderTest
let vmId: string
const json = { 'content-type': 'application/json' }
const spec = { name: 'fine', vcpus: 1, memoryMiB: 64 }

beforeAll(async () => {
  under = await startCloudUnderTest({ hosts: 1 })
  vmId = (await under.vm(under.adminKey)).id
})
afterAll(() => under?.[Symbol.asyncDispose]())

const authorised = () => ({ authorization: `Bearer ${under.adminKey}` })
const send = (path: string, raw: Raw = {}) =>
  sendRaw(under.url, path, { ...raw, headers: { ...authorised(), ...raw.headers } })
const codeOf = async (path: string, raw: Raw = {}) => holdProblem(await send(path, raw)).code
const post = (body: string | Uint8Array, headers: Record<string, string> = json) =>
  send('/v1/vms?validateOnly=true', { method: 'POST', headers, body })
const postCode = async (body: string | Uint8Array, headers?: Record<string, string>) =>
  holdProblem(await post(body, headers)).code

describe('headers', () => {
  test.each(['', ' ', 'a b', 'ä', 'x'.repeat(256)])(
    'Idempotency-Key %j is refused',
    async (key) => {
      const headers = { ...json, 'idempotency-key': Buffer.from(key).toString('latin1') }
      expect(await postCode(JSON.stringify(spec), headers)).toBe('INPUT_INVALID')
    },
  )

  test.each(['', 'v1', '"1"', 'W/"v1"', '"v1", "v2"', '"v1" ', '"v99999999999999999999"', '""'])(
    'If-Match %j is refused, or at least never taken for the current one',
    async (etag) => {
      const headers = { ...json, 'if-match': etag }
      const raw = { method: 'PATCH', headers, body: '{"labels":{}}' }
      const { status } = await send(`/v1/vms/${vmId}`, raw)
      expect([412, 422]).toContain(etag.trim() === '"v1"' ? 412 : status)
    },
  )

  test.each(['x', '-1', '1.5', '1e3', '', 'evt-1', '9'.repeat(40)])(
    'Last-Event-ID %j is refused',
    async (id) => {
      const headers = { 'last-event-id': id }
      expect(await codeOf('/v1/events?wait=0', { headers })).toBe('INPUT_INVALID')
    },
  )

  test.each([
    ['', 'CREDENTIAL_MISSING'],
    ['Bearer', 'CREDENTIAL_INVALID'],
    ['Bearer ', 'CREDENTIAL_INVALID'],
    ['Bearer a b', 'CREDENTIAL_INVALID'],
    ['Basic YTpi', 'CREDENTIAL_INVALID'],
    [`Bearer ${'x'.repeat(5000)}`, 'CREDENTIAL_INVALID'],
    ['NovaCron-Host host=host-1,at=1,nonce=0,signature=', 'CREDENTIAL_INVALID'],
  ])('authorization %j is refused', async (authorization, code) => {
    expect(await codeOf('/v1/vms', { headers: { authorization } })).toBe(code)
  })

  test('two credentials are none', async () => {
    const both = `Bearer ${under.adminKey}`
    const answer = await sendRaw(under.url, '/v1/vms', {
      headers: { Authorization: [both, both] },
    })
    expect(answer.status).toBe(401)
  })

  test('a traceparent nobody can read begins a trace of our own', async () => {
    for (const traceparent of [
      'rubbish',
      `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`,
      'x'.repeat(5000),
    ]) {
      const { headers } = await under.ask('get-api', { headers: { traceparent } })
      expect(headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    }
  })

  test('another name for this machine is refused', async () => {
    const answer = await send('/v1', { headers: { host: 'attacker.example' } })
    expect(answer.status).toBe(421)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'ADDRESS_REFUSED' })
  })
})

describe('addresses', () => {
  test.each([
    '/v1/vms/%zz',
    '/v1/vms/%',
    '/v1/vms/%C3%28',
    '/v1/vms/',
    '/v1//vms',
    '//v1/vms',
    '/v1/vms/a/b',
    '/v1/nowhere',
    '/',
    '/v1/../etc/passwd',
    '/V1/vms',
    '/v1/vms;a=b',
    '/v1/vms#x',
    '/agent/v1/',
    `/v1/${'a'.repeat(300)}`,
    '/v1/openapi.json/',
    '/v1/openapixjson',
  ])('that lead nowhere are told so: %s', async (path) => {
    expect(await codeOf(path)).toBe('ROUTE_UNKNOWN')
  })

  test.each([
    '%00',
    '%2e%2e%2fkeys',
    '..%2f',
    'vm-1%0d%0a',
    'vm-%F0%9F%98%80',
    'VM-1',
    'key-1',
    '*',
  ])('with something that is no id are an error of the path: %s', async (segment) =>
    expect(await codeOf(`/v1/vms/${segment}`)).toBe('INPUT_INVALID'),
  )

  test.each(['PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'SEARCH'])(
    'do not take the method %s, and say which they take',
    async (method) => {
      const answer = await send('/v1/hosts', { method })
      expect(holdProblem(answer).code).toBe('METHOD_NOT_ALLOWED')
      expect(answer.headers.get('allow')).toBe('GET')
    },
  )

  test('HEAD is refused like any method, without a body', async () => {
    expect(await send('/v1/vms', { method: 'HEAD' })).toMatchObject({ status: 405, text: '' })
  })

  test('a whole URL is read as the path in it', async () => {
    expect((await send('http://attacker.example/v1/vms')).status).toBe(200)
  })
})

describe('what is hardly HTTP', () => {
  const alive = async () => expect((await under.ask('get-api')).status).toBe(200)
  const statusOf = async (bytes: string) => {
    const answer = await sendBytes(under.url, bytes)
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
  }

  test.each([
    [
      'a flood of headers',
      `GET /v1 HTTP/1.1\r\nhost: localhost\r\n${'a: b\r\n'.repeat(5000)}\r\n`,
      431,
    ],
    [
      'one huge header',
      `GET /v1 HTTP/1.1\r\nhost: localhost\r\na: ${'b'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['a huge address', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 431],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['another version', 'GET /v1 HTTP/9.9\r\nhost: localhost\r\n\r\n', 400],
    ['an unknown method', 'FROB /v1 HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['a space in the address', 'GET /v1 /x HTTP/1.1\r\nhost: localhost\r\n\r\n', 400],
    ['no host', 'GET /v1 HTTP/1.1\r\n\r\n', 400],
    [
      'two lengths',
      'POST /v1/vms HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      400,
    ],
    [
      'a length and chunks',
      'POST /v1/vms HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a chunk of nonsense',
      'POST /v1/vms HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
    ],
  ])('%s is refused, and the next is served', async (_, bytes, status) => {
    expect(await statusOf(bytes)).toBe(status)
    await alive()
  })
})
