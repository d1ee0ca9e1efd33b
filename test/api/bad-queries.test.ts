import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RouteName } from '../../core/contract/api.ts'
import { startCloudUnderTest, type CloudUnderTest, type Given } from '../cloud-under-test.ts'
import { holdProblem } from '../held-answer.ts'
import { sendRaw, type Raw } from '../raw-request.ts'

let under: CloudUnderTest
const json = { 'content-type': 'application/json' }
const spec = { name: 'fine', vcpus: 1, memoryMiB: 64 }

beforeAll(async () => {
  under = await startCloudUnderTest()
})
afterAll(() => under?.[Symbol.asyncDispose]())

const authorised = () => ({ authorization: `Bearer ${under.adminKey}` })
const send = (path: string, raw: Raw = {}) =>
  sendRaw(under.url, path, { ...raw, headers: { ...authorised(), ...raw.headers } })
const codeOf = async (path: string, raw: Raw = {}) => holdProblem(await send(path, raw)).code
const errorsOf = async (name: RouteName, given: Given) => {
  const { code, errors } = await under.refused(name, given)
  expect(code).toBe('INPUT_INVALID')
  return errors!.map(({ in: where, pointer }) => `${where} ${pointer}`)
}

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
      const outcome = answer.status === 200 ? 'nothing' : holdProblem(answer).code
      expect(['nothing', 'INPUT_INVALID']).toContain(outcome)
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
    const outcome = problem?.code ?? `found ${body!.items.length}`
    expect(['FILTER_INVALID', 'FILTER_TOO_COMPLEX', 'found 0']).toContain(outcome)
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
