import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routeNames, routes, type RouteName } from '../../core/contract/api.ts'
import { bodyLimitBytes } from '../../core/contract/cloud.ts'
import { failures, type FailureCode } from '../../core/contract/failures.ts'
import { startCloudUnderTest, type CloudUnderTest, type Given } from '../cloud-under-test.ts'
import { holdProblem } from '../held-answer.ts'
import { sendRaw, type Raw } from '../raw-request.ts'

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
    const kept = status === 200 ? Object.entries(body!.labels) : status
    expect([422, [[name, 'x']]]).toContainEqual(kept)
    expect(Object.prototype).not.toHaveProperty('x')
  })

  test.each(special)('%s in a path is no id and no code', async (name) => {
    expect(await errorsOf('get-vm', { params: { vmId: name } })).toEqual(['path vmId'])
    expect(await errorsOf('get-failure', { params: { code: name } })).toEqual(['path code'])
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
