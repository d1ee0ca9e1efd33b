import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'

let under: CloudUnderTest
let tenant: { id: string; admin: string }

beforeAll(async () => {
  under = await startCloudUnderTest({ hosts: 2 })
  tenant = await under.tenant()
})
afterAll(() => under?.[Symbol.asyncDispose]())

const idempotent = (key: string) => ({ 'idempotency-key': key })
const spec = (name: string) => ({ name, vcpus: 1, memoryMiB: 64 })

test('a hundred creates at once under one key are one VM, one operation and a hundred equal answers', async () => {
  const { admin: key } = await under.tenant()
  const asked = { key, body: spec('one'), headers: idempotent('at-once') }
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => under.ask('create-vm', asked)),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1)
  const first = answers.filter(({ headers }) => !headers.has('idempotent-replayed'))
  expect(first).toHaveLength(1)
  expect((await under.get('list-vms', { key })).items).toHaveLength(1)
  expect((await under.get('list-operations', { key })).items).toHaveLength(1)
  expect((await under.over(answers[0]!.body!, key)).state).toBe('succeeded')
})

test('another body, or another thing, under the same key is refused', async () => {
  const { admin: key } = tenant
  const headers = idempotent('once')
  await under.get('create-vm', { key, body: spec('first'), headers })
  const other = await under.refused('create-vm', { key, body: spec('second'), headers })
  expect(other.code).toBe('IDEMPOTENCY_KEY_REUSED')
  const { items } = await under.get('list-vms', { key })
  expect(items.map(({ name }) => name)).not.toContain('second')

  const [one, two] = [await under.vm(key), await under.vm(key)]
  const body = { labels: { a: 'b' } }
  await under.get('update-vm', { key, params: { vmId: one.id }, body, headers })
  const elsewhere = { key, params: { vmId: two.id }, body, headers }
  expect((await under.refused('update-vm', elsewhere)).code).toBe('IDEMPOTENCY_KEY_REUSED')
})

test('a rehearsal under a used key says what the real request would be told', async () => {
  const { admin: key } = tenant
  const headers = idempotent('rehearsed')
  const asked = { key, body: spec('rehearsed'), headers }
  const real = await under.ask('create-vm', asked)
  const query = { validateOnly: 'true' }
  expect((await under.ask('create-vm', { ...asked, query })).text).toBe(real.text)
  const other = { ...asked, query, body: spec('another') }
  expect((await under.refused('create-vm', other)).code).toBe('IDEMPOTENCY_KEY_REUSED')
})

test('a rehearsal is not remembered as the request itself', async () => {
  const { admin: key } = tenant
  const asked = { key, body: spec('tried-first'), headers: idempotent('tried-first') }
  await under.get('create-vm', { ...asked, query: { validateOnly: 'true' } })
  const real = await under.ask('create-vm', asked)
  expect(real.headers.has('idempotent-replayed')).toBe(false)
  const { items } = await under.get('list-vms', { key })
  expect(items.map(({ name }) => name)).toContain('tried-first')
})

test('the same key of another principal is another key', async () => {
  const { admin } = tenant
  const colleague = await under.key(admin, { role: 'operator' })
  const stranger = (await under.tenant()).admin
  const headers = idempotent('shared')
  const made = await Promise.all(
    [admin, colleague, stranger].map((key, at) =>
      under.get('create-vm', { key, body: spec(`shared-${at}`), headers }),
    ),
  )
  expect(new Set(made.map(({ target }) => target)).size).toBe(3)
})

test('a replay shows what was made, but never its secret', async () => {
  const { admin: key } = tenant
  const asked = { key, body: { name: 'twice', role: 'viewer' }, headers: idempotent('a-key') }
  const { secret, ...made } = await under.get('create-key', asked)
  expect(secret).toMatch(/^nvc_/)
  const again = await under.ask('create-key', asked)
  expect(again.body).toEqual(made)
  expect(again.headers.get('idempotent-replayed')).toBe('true')

  const body = { name: under.name('tenant') }
  const tenants = { body, headers: idempotent('a-tenant') }
  expect((await under.get('create-tenant', tenants)).adminKey.secret).toBeDefined()
  expect((await under.get('create-tenant', tenants)).adminKey.secret).toBeUndefined()

  const token = { headers: idempotent('a-token') }
  expect((await under.get('create-join-token', token)).secret).toBeDefined()
  expect((await under.get('create-join-token', token)).secret).toBeUndefined()
})

test('what failed is not remembered: the same request may succeed', async () => {
  const { admin: key } = await under.tenant()
  const holder = await under.vm(key, { name: 'wanted' })
  const asked = { key, body: spec('wanted'), headers: idempotent('patient') }
  expect((await under.refused('create-vm', asked)).code).toBe('NAME_TAKEN')
  const gone = await under.get('delete-vm', { key, params: { vmId: holder.id } })
  await under.over(gone, key)
  const { headers } = await under.ask('create-vm', asked)
  expect(headers.has('idempotent-replayed')).toBe(false)
})

test('the order of the fields in a body makes no other request', async () => {
  const { admin: key } = tenant
  const headers = idempotent('in-any-order')
  const body = { name: 'ordered', vcpus: 1, memoryMiB: 64, labels: { a: '1', b: '2' } }
  const turned = { labels: { b: '2', a: '1' }, memoryMiB: 64, vcpus: 1, name: 'ordered' }
  const first = await under.ask('create-vm', { key, body, headers })
  const second = await under.ask('create-vm', { key, body: turned, headers })
  expect(second.text).toBe(first.text)
})

test('an answer is replayed as it was given, also when the thing has moved on', async () => {
  const { admin: key } = tenant
  const asked = { key, body: spec('moved-on'), headers: idempotent('moved-on') }
  const first = await under.ask('create-vm', asked)
  await under.over(first.body!, key)
  expect((await under.ask('create-vm', asked)).text).toBe(first.text)
  const waited = await under.ask('create-vm', { ...asked, query: { wait: 5 } })
  expect(waited.status).toBe(200)
  expect(waited.body).toMatchObject({ id: first.body!.id, state: 'succeeded' })
})

test('answers are remembered over a restart of the cloud', async () => {
  const { admin: key } = tenant
  const asked = { key, body: spec('remembered'), headers: idempotent('remembered') }
  const first = await under.ask('create-vm', asked)
  await under.restart()
  const again = await under.ask('create-vm', asked)
  expect(again.text).toBe(first.text)
  expect(again.headers.get('idempotent-replayed')).toBe('true')
})

test('after a day the key is free again, also before it was swept away', async () => {
  const { admin: key } = tenant
  const asked = { key, body: { name: 'daily', role: 'viewer' }, headers: idempotent('daily') }
  const first = await under.get('create-key', asked)
  under.clock.move(25 * 3600 * 1000)
  const next = await under.get('create-key', asked)
  expect(next.id).not.toBe(first.id)
  expect((await under.get('create-key', asked)).id).toBe(next.id)
})
