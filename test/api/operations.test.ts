import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../core/contract/event.ts'
import type { Operation } from '../../core/contract/resources.ts'
import { phases } from '../../core/operation.ts'
import { readTrace } from '../../core/trace.ts'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'
import { PuppetHost } from '../puppet-host.ts'

const capacity = { vcpus: 16, memoryMiB: 8192 }
let under: CloudUnderTest
let key: string
let tenantId: string

beforeAll(async () => {
  under = await startCloudUnderTest({ hosts: 2, capacity })
  ;({ admin: key, id: tenantId } = await under.tenant())
})
afterAll(() => under?.[Symbol.asyncDispose]())

const spec = (more: object = {}) => ({ name: under.name('vm'), vcpus: 1, memoryMiB: 64, ...more })
const create = (more: object = {}, query = {}) =>
  under.ask('create-vm', { key, body: spec(more), query })
const idOf = ({ target }: Operation) => target.slice('/v1/vms/'.length)
/** The events of an operation, up to its end. */
const told = async ({ id }: Operation) => {
  const all: Event[] = []
  for (let after = 0; !all.some(({ type }) => /succeeded|failed/.test(type));) {
    const page = await under.get('read-events', { key, query: { after, wait: 25 } })
    all.push(...page.events.filter(({ subject }) => subject === `/v1/operations/${id}`))
    after = page.next
  }
  return all
}

describe('a request that takes longer', () => {
  test('is answered at once, with the operation and where to look', async () => {
    const { status, headers, body } = await create()
    expect(status).toBe(202)
    expect(headers.get('location')).toBe(`/v1/operations/${body!.id}`)
    expect(headers.get('retry-after')).toBe('1')
    expect(body).toMatchObject({ kind: 'vm.create', state: 'queued', tenantId, finishedAt: null })
    const over = await under.over(body!, key)
    expect(over).toMatchObject({ state: 'succeeded', error: null })
    expect(over.progress).toMatchObject({ phase: 'done', percent: 100 })
  })

  test('is waited for if asked, and then answered with its end', async () => {
    const { status, body } = await create({}, { wait: 20 })
    expect(status).toBe(200)
    expect(body!.state).toBe('succeeded')
    const params = { vmId: idOf(body!) }
    const gone = await under.ask('delete-vm', { key, params, query: { wait: 20 } })
    expect(gone.status).toBe(200)
    expect(gone.body).toMatchObject({ kind: 'vm.delete', state: 'succeeded' })
  })

  test('is not waited for with wait=0', async () => {
    expect((await create({}, { wait: 0 })).status).toBe(202)
  })

  test('goes through its phases in their order', async () => {
    const created = await under.over((await create()).body!, key)
    const events = await told(created)
    const seen = events.map(({ data }) => (data as Operation).progress.phase)
    const order = seen.filter((phase, at) => phase !== seen[at - 1])
    expect(order).toEqual(phases['vm.create'])
    expect(events.at(-1)!.type).toBe('dev.novacron.operation.succeeded.v1')
    const percents = events.flatMap(({ data }) => {
      const { phase, percent } = (data as Operation).progress
      return phase === 'creating on the host' && percent !== null ? [percent] : []
    })
    expect(percents).toEqual(percents.toSorted((a, b) => a - b))
  })

  test('that cannot be told apart from another by its ETag is not sent again', async () => {
    const { body } = await create({}, { wait: 20 })
    const given = { key, params: { operationId: body!.id } }
    const { headers } = await under.ask('get-operation', given)
    const etag = headers.get('etag')!
    expect(etag).toBe(`"v${body!.version}"`)
    for (const known of [etag, `"v0", ${etag}`, `W/${etag}`, '*'])
      expect([
        known,
        (await under.ask('get-operation', { ...given, headers: { 'if-none-match': known } }))
          .status,
      ]).toEqual([known, 304])
    const other = { ...given, headers: { 'if-none-match': '"v0"' } }
    expect((await under.ask('get-operation', other)).status).toBe(200)
  })
})

describe('a resource whose ETag is known is not sent again', () => {
  test('until it changes', async () => {
    const vm = await under.vm(key)
    const given = { key, params: { vmId: vm.id }, headers: { 'if-none-match': `"v${vm.version}"` } }
    expect((await under.ask('get-vm', given)).status).toBe(304)
    await under.get('update-vm', { key, params: { vmId: vm.id }, body: { labels: { a: 'b' } } })
    expect((await under.ask('get-vm', given)).status).toBe(200)
  })

  test('and a host is sent whenever what is reserved on it has changed', async () => {
    const params = { hostId: under.hostIds[0]! }
    const { headers, body } = await under.ask('get-host', { params })
    const known = { 'if-none-match': headers.get('etag') ?? '"v1"' }
    for (let more = 0; more < 2; more++) await under.vm(key)
    const now = await under.ask('get-host', { params, headers: known })
    expect(now.status).toBe(200)
    expect(now.body!.allocated).not.toEqual(body!.allocated)
  })
})

describe('an operation that fails', () => {
  test('for want of room tells the platform of every host why not', async () => {
    const name = under.name('vast')
    const body = { name, vcpus: 256, memoryMiB: 4096 }
    const asked = await under.get('create-vm', { key: under.adminKey, body })
    const { error } = await under.over(asked, under.adminKey)
    for (const number of [1, 2])
      expect(error!.detail).toMatch(
        new RegExp(`simulated-${number} has \\d+ vcpus and \\d+ MiB left`),
      )
  })

  test('for want of room says why and what helps, and names no host to a tenant', async () => {
    const { body } = await create({ vcpus: 256, memoryMiB: 4096 })
    const { error, state } = await under.over(body!, key)
    expect(state).toBe('failed')
    expect(error).toMatchObject({ code: 'NO_HOST_FITS', retryable: true })
    expect(error!.detail).toMatch(/of \d+ hosts \d+ have too little left/)
    expect(JSON.stringify(error)).not.toContain('simulated-')
    expect(error!.fix[0]!.command).toBe('npx novacron host list')
    const vm = await under.get('get-vm', { key, params: { vmId: idOf(body!) } })
    expect(vm).toMatchObject({ state: 'failed', hostId: null, failure: { code: 'NO_HOST_FITS' } })
  })

  test.each(['fail', 'die'] as const)(
    'because its host could not (%s) carries what the host said',
    async (fault) => {
      const name = under.name('unlucky')
      under.faults.set(name, fault)
      const { body } = await create({ name })
      const operation = await under.over(body!, key)
      expect(operation.error).toMatchObject({ code: 'COMMAND_FAILED', status: 502 })
      expect(operation.error!.detail).toContain(name)
      expect(operation.error!.fix.length).toBeGreaterThan(0)
      expect(JSON.stringify(operation.error)).not.toMatch(/\{\w+\}/)
      const vm = await under.get('get-vm', { key, params: { vmId: idOf(body!) } })
      expect(vm).toMatchObject({ state: 'failed', hostId: null })
      expect(vm.failure).toEqual(operation.error)
    },
  )

  test('leaves nothing reserved, and its VM can be deleted', async () => {
    const before = (await under.get('list-hosts')).items.map(({ allocated }) => allocated)
    const name = under.name('unlucky')
    under.faults.set(name, 'fail')
    const failed = await under.over((await create({ name })).body!, key)
    const after = (await under.get('list-hosts')).items.map(({ allocated }) => allocated)
    expect(after).toEqual(before)
    const gone = await under.get('delete-vm', { key, params: { vmId: idOf(failed) } })
    expect((await under.over(gone, key)).state).toBe('succeeded')
  })
})

describe('one trace', () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }

  test('goes from the request into the answer, the operation, its events and the log', async () => {
    const { headers: answered, body } = await under.ask('create-vm', { key, body: spec(), headers })
    expect(readTrace(answered.get('traceparent')!)!.traceId).toBe(traceId)
    expect(body!.traceId).toBe(traceId)
    const over = await under.over(body!, key)
    const events = await told(over)
    expect(events.length).toBeGreaterThan(3)
    for (const { traceparent } of events) expect(readTrace(traceparent)!.traceId).toBe(traceId)
  })

  test('goes into the command a host is given', async () => {
    const puppet = await new PuppetHost(under).enrol({ vcpus: 32, memoryMiB: 1_000_000 })
    const { body } = await under.ask('create-vm', {
      key,
      body: spec({ vcpus: 32 }),
      headers,
    })
    const command = await puppet.next()
    expect(readTrace(command.traceparent)!.traceId).toBe(traceId)
    await puppet.report(command, { kind: 'done' })
    expect((await under.over(body!, key)).state).toBe('succeeded')
  })

  test('goes into a refusal, and into the error of an operation', async () => {
    const name = under.name('unlucky')
    under.faults.set(name, 'fail')
    const failing = await under.get('create-vm', { key, body: spec({ name }), headers })
    expect((await under.over(failing, key)).error!.traceId).toBe(traceId)
    const { problem, headers: answered } = await under.ask('create-vm', { key, body: {}, headers })
    expect(problem!.traceId).toBe(traceId)
    expect(readTrace(answered.get('traceparent')!)!.traceId).toBe(traceId)
  })

  test('also where its id begins with zeros, so that every traceparent can be read', async () => {
    const zeros = `${'0'.repeat(16)}${'1'.repeat(16)}`
    const given = { traceparent: `00-${zeros}-b7ad6b7169203331-01` }
    const operation = await under.get('create-vm', { key, body: spec(), headers: given })
    await under.over(operation, key)
    for (const { traceparent } of await told(operation))
      expect(readTrace(traceparent)?.traceId).toBe(zeros)
  })
})

describe('a rehearsal', () => {
  const query = { validateOnly: 'true' }
  const kept = () =>
    under
      .items()
      .filter(({ pk }) => !/^(RATE|NONCE|HOST-LOADS|EVENT-ID)\b|#(EVENT|SEQUENCE)$/.test(pk))

  test('answers what would be answered, and changes nothing', async () => {
    const vm = await under.vm(key)
    const params = { vmId: vm.id }
    const made = await under.get('create-key', { key, body: { name: 'made', role: 'viewer' } })
    const before = kept()
    const labels = { labels: { a: 'b' } }
    const rehearsed = [
      await under.ask('create-vm', { key, body: spec(), query }),
      await under.ask('create-key', { key, body: { name: 'k', role: 'viewer' }, query }),
      await under.ask('create-tenant', { body: { name: 'never-made' }, query }),
      await under.ask('create-join-token', { query }),
      await under.ask('update-vm', { key, params, body: labels, query }),
      await under.ask('delete-vm', { key, params, query }),
      await under.ask('revoke-key', { key, params: { keyId: made.id }, query }),
    ]
    expect(rehearsed.map(({ status }) => status)).toEqual([202, 201, 201, 201, 200, 202, 200])
    for (const { headers, text } of rehearsed) {
      expect(headers.get('novacron-validate-only')).toBe('true')
      expect(text).not.toMatch(/nv[cj]_/)
    }
    expect(kept()).toEqual(before)
  })

  test('says the same errors as the request itself', async () => {
    const { id: vmId, version, name } = await under.vm(key)
    const stale = { 'if-match': `"v${version + 1}"` }
    const absent = { vmId: 'vm-0' }
    const tooMany = { read: 1_000_000, write: 1_000_000 }
    const asked = [
      ['create-vm', { body: spec({ name }) }],
      ['create-vm', { body: { name: 'A' } }],
      ['create-tenant', { key: under.adminKey, body: { name: 'platform' } }],
      ['create-tenant', { body: { name: 'not-allowed' } }],
      ['create-key', { body: { name: 'fast', role: 'viewer', requestsPerMinute: tooMany } }],
      ['update-vm', { params: { vmId }, body: {}, headers: stale }],
      ['update-vm', { params: absent, body: {} }],
      ['delete-vm', { params: { vmId }, headers: stale }],
      ['delete-vm', { params: absent }],
      ['revoke-key', { params: { keyId: 'key-0' } }],
    ] as const
    for (const [route, given] of asked) {
      const rehearsed = await under.refused(route, { key, ...given, query })
      const real = await under.refused(route, { key, ...given })
      expect({ ...rehearsed, traceId: '' }).toEqual({ ...real, traceId: '' })
    }
  })
})

describe('what the state of a VM forbids', () => {
  test('is told with the states that would allow it', async () => {
    const puppet = await new PuppetHost(under).enrol({ vcpus: 100, memoryMiB: 4_000_000 })
    const { body } = await create({ vcpus: 100 })
    const params = { vmId: idOf(body!) }
    const command = await puppet.next()
    for (const [route, given, verb] of [
      ['delete-vm', {}, 'delete'],
      ['update-vm', { body: { labels: {} } }, 'update'],
    ] as const) {
      const problem = await under.refused(route, { key, params, ...given })
      expect(problem).toMatchObject({
        code: 'STATE_FORBIDS',
        status: 409,
        params: {
          resource: 'vm',
          state: 'creating',
          verb,
          allowed: ['running', 'stopped', 'failed'],
        },
      })
      expect(problem.title).toContain('running, stopped, failed')
    }
    await puppet.report(command, { kind: 'done' })
    await under.over(body!, key)
    const gone = await under.get('delete-vm', { key, params })
    expect((await under.refused('delete-vm', { key, params })).params).toMatchObject({
      state: 'deleting',
    })
    await puppet.report(await puppet.next(), { kind: 'done' })
    expect((await under.over(gone, key)).state).toBe('succeeded')
  })
})
