import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routeNames, routes, type RouteName } from '../../core/contract/api.ts'
import { bodyLimitBytes } from '../../core/contract/cloud.ts'
import { failures, type FailureCode } from '../../core/contract/failures.ts'
import {
  startCloudUnderTest,
  targetOf,
  type CloudUnderTest,
  type Given,
} from '../cloud-under-test.ts'
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
const errorsOf = async (name: RouteName, given: Given) => {
  const { code, errors } = await under.refused(name, given)
  expect(code).toBe('INPUT_INVALID')
  return errors!.map(({ in: where, pointer }) => `${where} ${pointer}`)
}

test('all errors of a request are told at once, each with its place', async () => {
  const body = { name: 'Web', vcpus: '1', memoryMib: 512, labels: { 'Bad Name': 'x', fine: 5 } }
  const found = await errorsOf('create-vm', {
    body,
    query: { wait: 26, validateOnly: 'maybe', bogus: 1 },
    headers: { 'idempotency-key': 'with space' },
  })
  expect(found.toSorted()).toEqual([
    'body /labels/Bad Name',
    'body /labels/fine',
    'body /memoryMiB',
    'body /memoryMib',
    'body /name',
    'body /vcpus',
    'header idempotency-key',
    'query bogus',
    'query validateOnly',
    'query wait',
  ])
})

test('a request with tens of thousands of errors is told of the first hundred', async () => {
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`x${at}`, 1]))
  const { errors, detail } = await under.refused('create-vm', { body: many })
  expect(errors).toHaveLength(100)
  expect(detail).toContain('20003')
})

describe('bodies', () => {
  test('up to the limit are read, over it refused', async () => {
    const padded = (bytes: number) => JSON.stringify(spec).padEnd(bytes, ' ')
    expect((await post(padded(bodyLimitBytes))).status).toBe(202)
    expect(await postCode(padded(bodyLimitBytes + 1))).toBe('BODY_TOO_LARGE')
    expect(await postCode('x'.repeat(11 * 1024 * 1024))).toBe('BODY_TOO_LARGE')
  })

  test.each([
    '{',
    '{"name":"a",}',
    "{'name':'a'}",
    'undefined',
    'NaN',
    '{"name":"a"}{}',
    '\u{feff}{"name":"a"}',
    '{"name":"\u0000"}',
    '{"name":"\\x41"}',
    'name=a&vcpus=1',
  ])('that are no JSON are told so: %j', async (body) => {
    expect(await postCode(body)).toBe('BROKEN_JSON')
  })

  test.each(['', '   ', 'null', 'true', '5', '"text"', '[]', '[{}]'])(
    'that are no object are refused: %j',
    async (body) => expect(await postCode(body)).toBe('INPUT_INVALID'),
  )

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/json5',
    'application/jsonp',
    'application/json, text/plain',
    '*/*',
  ])('of the type %s are refused', async (type) => {
    expect(await postCode(JSON.stringify(spec), { 'content-type': type })).toBe(
      'MEDIA_TYPE_UNSUPPORTED',
    )
  })

  test('without a type are refused, and JSON in any spelling is taken', async () => {
    expect(await postCode(JSON.stringify(spec), {})).toBe('MEDIA_TYPE_UNSUPPORTED')
    for (const type of [
      'application/json; charset=utf-8',
      'Application/JSON',
      'application/json ;',
    ])
      expect((await post(JSON.stringify(spec), { 'content-type': type })).status).toBe(202)
  })

  test('that are compressed are not unpacked', async () => {
    const headers = { ...json, 'content-encoding': 'gzip' }
    expect(await postCode(gzipSync(JSON.stringify(spec)), headers)).toBe('BROKEN_JSON')
  })

  test('where a route takes none are refused', async () => {
    expect(await errorsOf('create-join-token', { body: {} })).toEqual(['body '])
    expect(await errorsOf('delete-vm', { body: '{', params: { vmId } })).toEqual(['body '])
    const onGet = await send('/v1/vms', { headers: json, body: '{}' })
    expect(holdProblem(onGet).errors).toMatchObject([{ in: 'body', pointer: '' }])
  })

  test('that are deep or wide end like any other wrong body', async () => {
    const deep = (open: string, close: string, levels: number) =>
      open.repeat(levels) + close.repeat(levels)
    expect(await postCode(deep('[', ']', 100_000))).toBe('INPUT_INVALID')
    expect(await postCode(`{"labels":${deep('{"a":', '}', 30_000).replace('}', '1}')}}`)).toBe(
      'INPUT_INVALID',
    )
    expect(await postCode(`[${'0,'.repeat(100_000)}0]`)).toBe('INPUT_INVALID')
    expect(await postCode(`{"vcpus":${'9'.repeat(100_000)}}`)).toBe('INPUT_INVALID')
    expect(await postCode(`{"name":"${'a'.repeat(200_000)}"}`)).toBe('INPUT_INVALID')
  })

  test('with bytes that are no UTF-8 are refused, not repaired', async () => {
    for (const bytes of [[0xff], [0xc3, 0x28], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80]]) {
      const [before, after] = JSON.stringify({ ...spec, labels: { a: '#' } }).split('#')
      const body = Buffer.concat([Buffer.from(before!), Buffer.from(bytes), Buffer.from(after!)])
      expect(await postCode(body)).toBe('BROKEN_JSON')
    }
  })

  test('with text that cannot be kept or shown as it is are refused', async () => {
    for (const text of ['\\ud800', 'a\\udfffb', '\\u0000', '\\u001b[31m', '\\u007f', '\\n'])
      expect(await postCode(`{"name":"a","vcpus":1,"memoryMiB":64,"labels":{"a":"${text}"}}`)).toBe(
        'INPUT_INVALID',
      )
  })

  test('with text of any other kind are kept as they are', async () => {
    const labels = { a: 'Grüße, 世界 👩‍👩‍👧 \u202e', b: '', c: '"\\/{}<>&\'`', d: ' ' }
    const params = { vmId }
    await under.get('update-vm', { params, body: { labels } })
    expect((await under.get('get-vm', { params })).labels).toEqual(labels)
  })
})

describe('names that mean something to JavaScript', () => {
  const special = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']

  test.each(special)('%s in a body is one more unknown field', async (name) => {
    const body = `{"name":"fine","vcpus":1,"memoryMiB":64,"${name}":{"role":"admin"}}`
    expect(await errorsOf('create-vm', { body })).toEqual([`body /${name}`])
  })

  test.each(special)('%s in a query is one more unknown parameter', async (name) => {
    expect(
      await errorsOf('list-vms', { query: JSON.parse(`{"${name}":"x"}`) as Given['query'] & {} }),
    ).toEqual([`query ${name}`])
  })

  test.each(special)('%s as a label is a label or refused, never lost', async (name) => {
    const { status, body } = await under.ask('update-vm', {
      params: { vmId },
      body: `{"labels":{"${name}":"x"}}`,
    })
    if (status === 200) expect(Object.entries(body!.labels)).toEqual([[name, 'x']])
    else expect(status).toBe(422)
    expect(Object.prototype).not.toHaveProperty('x')
  })

  test.each(special)('%s in a path is no id and no code', async (name) => {
    expect(await errorsOf('get-vm', { params: { vmId: name } })).toEqual(['path vmId'])
    expect(await errorsOf('get-failure', { params: { code: name } })).toEqual(['path code'])
  })
})

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

describe('queries', () => {
  test.each([
    [
      'list-vms',
      'pageSize',
      ['0', '-1', '1001', '1.5', '1e2', '0x10', '', ' 5', 'ten', '9'.repeat(400)],
    ],
    ['create-vm', 'wait', ['-1', '26', '1e1', '5s', '', 'true', 'Infinity']],
    ['read-events', 'wait', ['-1', '26', 'NaN', '', '2.5']],
    ['read-events', 'after', ['-1', '1.5', '1e3', 'x', '', '9'.repeat(30)]],
    ['create-vm', 'validateOnly', ['1', 'yes', 'TRUE', '']],
  ] as const)('%s refuses a wrong %s', async (name, field, values) => {
    for (const value of values) {
      const given = { query: { [field]: value }, ...(name === 'create-vm' && { body: spec }) }
      expect([value, await errorsOf(name, given)]).toEqual([value, [`query ${field}`]])
    }
  })

  test('a parameter given twice is refused, not chosen from', async () => {
    for (const query of ['pageSize=1&pageSize=2', 'pageSize=5&pageSize=5'])
      expect(await codeOf(`/v1/vms?${query}`)).toBe('INPUT_INVALID')
    expect(await codeOf('/v1/vms?filter=name=a&filter=name=b')).toBe('FILTER_INVALID')
    expect(await codeOf('/v1/vms?pageToken=a&pageToken=b')).toBe('CURSOR_INVALID')
    const raw = { method: 'POST', headers: json, body: JSON.stringify(spec) }
    expect(await codeOf('/v1/vms?validateOnly=true&validateOnly=false', raw)).toBe('INPUT_INVALID')
  })

  test.each(['%zz=1', '=', '=x', '&&&', '%00=1', '%C3%28=1', '?', 'a=%', '[]=1', 'pageSize[]=1'])(
    'rubbish in a query is unknown or nothing: %s',
    async (query) => {
      const answer = await send(`/v1/vms?${query}`)
      if (answer.status !== 200) expect(holdProblem(answer).code).toBe('INPUT_INVALID')
    },
  )

  test.each([
    ['a bomb of terms', Array(200).fill('vcpus=1').join(' OR ')],
    ['a bomb of parentheses', '('.repeat(400) + 'vcpus=1' + ')'.repeat(400)],
    ['a bomb of negations', 'NOT '.repeat(200) + 'vcpus=1'],
    ['a bomb of stars', `name = ${'*a'.repeat(480)}*`],
    ['a long text', `name = ${'a'.repeat(5000)}`],
    ['an unknown field', 'tenantId = x'],
    ['a field of all objects', '__proto__ = x'],
    ['a state with many bytes', `state = "${'世'.repeat(900)}"`],
    ['a state with a separator', 'state = "running#x"'],
    ['a state that is empty', 'state = ""'],
    ['half a surrogate', 'name = "\ud800"'],
    ['nothing at all', ''],
    ['no text', '\u0000'],
  ])('a filter that is %s is read or refused by name', async (_, filter) => {
    const { problem, body } = await under.ask('list-vms', { query: { filter } })
    if (problem) expect(['FILTER_INVALID', 'FILTER_TOO_COMPLEX']).toContain(problem.code)
    else expect(body!.items).toEqual([])
  })
})

describe('cursors', () => {
  const tokenOf = async (query: Record<string, string | number>, key = under.adminKey) => {
    const { nextPageToken } = await under.get('list-keys', {
      key,
      query: { pageSize: 1, ...query },
    })
    return nextPageToken!
  }
  const refusedWith = async (name: RouteName, query: Given['query'] & {}, key = under.adminKey) =>
    (await under.refused(name, { key, query })).code

  beforeAll(async () => {
    for (let more = 0; more < 3; more++) await under.key(under.adminKey)
  })

  test.each([
    'x',
    '0'.repeat(2048),
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '{"after":"key-0"}',
    'eyJhZnRlciI6ImtleS0wIn0',
    '%%%',
    '\u0000',
  ])('that are made up are refused: %j', async (pageToken) => {
    expect(await refusedWith('list-keys', { pageToken })).toBe('CURSOR_INVALID')
  })

  test('over their length are refused as any text is', async () => {
    expect(await errorsOf('list-keys', { query: { pageToken: 'a'.repeat(2049) } })).toEqual([
      'query pageToken',
    ])
  })

  test('that were edited or cut anywhere are refused', async () => {
    const token = await tokenOf({})
    const edited = Array.from(token, (letter, at) => {
      const other = letter === 'A' ? 'B' : 'A'
      return token.slice(0, at) + other + token.slice(at + 1)
    })
    const cut = Array.from(token, (_, at) => token.slice(0, at)).slice(1)
    const longer = [`${token}A`, `${token}=`, `${token}!`, ` ${token}`, token + token]
    for (const pageToken of [...edited, ...cut, ...longer])
      expect([pageToken, await refusedWith('list-keys', { pageToken })]).toEqual([
        pageToken,
        'CURSOR_INVALID',
      ])
  })

  test('of another list, filter or tenant are refused', async () => {
    const pageToken = await tokenOf({})
    expect(await refusedWith('list-vms', { pageToken })).toBe('CURSOR_INVALID')
    const filter = 'role = viewer'
    expect(await refusedWith('list-keys', { pageToken, filter })).toBe('CURSOR_INVALID')
    const filtered = await tokenOf({ filter })
    expect(await refusedWith('list-keys', { pageToken: filtered })).toBe('CURSOR_INVALID')
    const stranger = (await under.tenant()).admin
    expect(await refusedWith('list-keys', { pageToken }, stranger)).toBe('CURSOR_INVALID')
  })

  test('fit pages of another size and other keys of the tenant', async () => {
    const pageToken = await tokenOf({})
    const key = await under.key(under.adminKey, { role: 'auditor' })
    const { items } = await under.get('list-keys', { key, query: { pageToken, pageSize: 100 } })
    expect(items.length).toBeGreaterThan(1)
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

describe('whatever JSON is thrown at a route that changes something', () => {
  const changing = routeNames.filter((name) => routes[name].mutating && routes[name].body)
  const known = ['name', 'role', 'scopes', 'vcpus', 'memoryMiB', 'labels', 'expiresInSeconds']
  const likely = fc.dictionary(
    fc.oneof(fc.constantFrom(...known), fc.string({ maxLength: 5 })),
    fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('admin', 'a', 1, 64, -1, 1e308, ['vms:read'], { a: 'b' }),
    ),
    { maxKeys: 6 },
  )

  test.each(changing)('%s answers by name, and changes nothing', async (name) => {
    const kept = () => under.items().filter(({ pk }) => !pk.startsWith('RATE#')).length
    const before = kept()
    const params = { vmId }
    const query = { validateOnly: 'true' }
    const seen = new Set<FailureCode | 'accepted'>()
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), likely), async (body) => {
        const { problem } = await under.ask(name, { params, query, body: JSON.stringify(body) })
        seen.add(problem?.code ?? 'accepted')
        expect(problem === undefined || failures[problem.code].status < 500).toBe(true)
      }),
      { numRuns: 60, seed: 20_261_120 },
    )
    expect(seen).toContain('INPUT_INVALID')
    expect(kept()).toBe(before)
  })
})

test('the target of a request is what the contract says', () => {
  expect(targetOf('get-vm', { params: { vmId: 'a/b' } })).toBe('/v1/vms/a%2Fb')
})
