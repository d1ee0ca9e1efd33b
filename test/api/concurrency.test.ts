import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../core/ids.ts'
import { beginOperation } from '../../core/operation.ts'
import { requestVm } from '../../core/vm.ts'
import { commit } from '../../functions/aws/commit.ts'
import { operationItem, vmItem } from '../../functions/aws/items.ts'
import { handler as reserveHost } from '../../functions/steps/reserve-host.ts'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'
import { PuppetHost } from '../puppet-host.ts'

const capacity = { vcpus: 5, memoryMiB: 4096 }
let under: CloudUnderTest
let key: string

beforeAll(async () => {
  under = await startCloudUnderTest({ hosts: 3, capacity })
  key = (await under.tenant()).admin
})
afterAll(() => under?.[Symbol.asyncDispose]())

const times = <T>(count: number, run: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, at) => run(at)))
const outcomes = (answers: { status: number; problem: { code: string } | undefined }[]) => {
  const words = answers.map(({ status, problem }) => problem?.code ?? String(status))
  return Object.fromEntries(
    [...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]),
  )
}
const remove = async (vmId: string) =>
  under.over(await under.get('delete-vm', { key, params: { vmId } }), key)

describe.each([2, 20])('%i writers of one VM at once', (writers) => {
  test('who all read the same ETag: one wins, the others are told that it changed', async () => {
    const { id: vmId, version } = await under.vm(key)
    const { headers } = await under.ask('get-vm', { key, params: { vmId } })
    const etag = headers.get('etag')!
    expect(etag).toBe(`"v${version}"`)
    const answers = await times(writers, (at) =>
      under.ask('update-vm', {
        key,
        params: { vmId },
        body: { labels: { writer: `${at}` } },
        headers: { 'if-match': etag },
      }),
    )
    expect(outcomes(answers)).toEqual({ 200: 1, PRECONDITION_FAILED: writers - 1 })
    const winner = answers.find(({ status }) => status === 200)!
    const after = await under.get('get-vm', { key, params: { vmId } })
    expect(after).toEqual(winner.body)
    expect(after.version).toBe(version + 1)
    await remove(vmId)
  })

  test('who read nothing: all succeed, one after the other', async () => {
    const { id: vmId, version } = await under.vm(key)
    const answers = await times(writers, (at) =>
      under.ask('update-vm', { key, params: { vmId }, body: { labels: { writer: `${at}` } } }),
    )
    expect(outcomes(answers)).toEqual({ 200: writers })
    const versions = answers.map(({ body }) => body!.version).toSorted((a, b) => a - b)
    expect(versions).toEqual(Array.from({ length: writers }, (_, at) => version + 1 + at))
    await remove(vmId)
  })
})

test('a VM that is deleted and changed at once ends deleted, whoever came first', async () => {
  const { id: vmId } = await under.vm(key)
  const params = { vmId }
  const [gone, ...changes] = await Promise.all([
    under.ask('delete-vm', { key, params }),
    ...Array.from({ length: 5 }, (_, at) =>
      under.ask('update-vm', { key, params, body: { labels: { at: `${at}` } } }),
    ),
  ])
  expect(gone.status).toBe(202)
  for (const { status, problem } of changes)
    expect(['200', 'STATE_FORBIDS', 'NOT_FOUND']).toContain(problem?.code ?? String(status))
  expect((await under.over(gone.body!, key)).state).toBe('succeeded')
  expect((await under.refused('get-vm', { key, params })).code).toBe('NOT_FOUND')
})

test('of ten deletions at once one begins, and there is nothing left to delete afterwards', async () => {
  const { id: vmId } = await under.vm(key)
  const params = { vmId }
  const answers = await times(10, () => under.ask('delete-vm', { key, params }))
  const begun = answers.filter(({ status }) => status === 202)
  expect(begun).toHaveLength(1)
  const refusals = answers.flatMap(({ problem }) => problem?.code ?? [])
  for (const code of refusals) expect(['STATE_FORBIDS', 'NOT_FOUND']).toContain(code)
  await under.over(begun[0]!.body!, key)
  expect((await under.refused('delete-vm', { key, params })).code).toBe('NOT_FOUND')
})

test('of ten who want a name one gets it', async () => {
  const spec = { name: 'wanted', vcpus: 1, memoryMiB: 64 }
  const vms = await times(10, () => under.ask('create-vm', { key, body: spec }))
  expect(outcomes(vms)).toEqual({ 202: 1, NAME_TAKEN: 9 })
  const tenants = await times(10, () => under.ask('create-tenant', { body: { name: 'wanted' } }))
  expect(outcomes(tenants)).toEqual({ 201: 1, NAME_TAKEN: 9 })
  const { body } = vms.find(({ status }) => status === 202)!
  await under.over(body!, key)
  await remove(body!.target.slice('/v1/vms/'.length))
})

test('a name is free again as soon as its VM is gone', async () => {
  for (let round = 0; round < 3; round++) {
    const { id } = await under.vm(key, { name: 'again' })
    expect((await remove(id)).state).toBe('succeeded')
  }
})

test('fifty creates at once fill the hosts and overbook none', async () => {
  const begun = await times(50, (at) =>
    under.get('create-vm', { key, body: { name: `crowd-${at}`, vcpus: 1, memoryMiB: 256 } }),
  )
  const ended = await Promise.all(begun.map((operation) => under.over(operation, key)))
  const placed = 3 * capacity.vcpus
  expect(ended.filter(({ state }) => state === 'succeeded')).toHaveLength(placed)
  for (const { error } of ended.filter(({ state }) => state === 'failed'))
    expect(error!.code).toBe('NO_HOST_FITS')

  const { items: hosts } = await under.get('list-hosts')
  const { items: vms } = await under.get('list-vms', { key, query: { pageSize: 100 } })
  const owners = under.items().filter(({ is, phase }) => is === 'ownership' && phase === 'OWNED')
  for (const host of hosts) {
    const here = vms.filter(({ hostId }) => hostId === host.id)
    const sum = (of: 'vcpus' | 'memoryMiB') => here.reduce((all, vm) => all + vm[of], 0)
    expect(host.allocated).toEqual({ vcpus: sum('vcpus'), memoryMiB: sum('memoryMiB') })
    expect(host.allocated.vcpus).toBeLessThanOrEqual(capacity.vcpus)
    expect(host.allocated.memoryMiB).toBeLessThanOrEqual(capacity.memoryMiB)
    const owned = owners.filter(({ hostId }) => hostId === host.id).map(({ vmId }) => vmId)
    expect(owned.toSorted()).toEqual(here.map(({ id }) => id).toSorted())
  }
  for (const vm of vms.filter(({ state }) => state === 'running'))
    expect(owners.find(({ vmId }) => vmId === vm.id)).toMatchObject({
      hostId: vm.hostId,
      generation: vm.generation,
      reserved: { vcpus: vm.vcpus, memoryMiB: vm.memoryMiB },
    })

  await Promise.all(vms.filter(({ hostId }) => hostId !== null).map(({ id }) => remove(id)))
  for (const { allocated } of (await under.get('list-hosts')).items)
    expect(allocated).toEqual({ vcpus: 0, memoryMiB: 0 })
})

test('of ten workflows that have all chosen the last room of a host, those that fit get it', async () => {
  const { hostId } = await new PuppetHost(under).enrol({ vcpus: 4, memoryMiB: 1024 })
  const { id: tenantId } = await under.tenant()
  const now = under.clock.now()
  const at = new Date(now).toISOString()
  const works = Array.from({ length: 10 }, (_, number) => {
    const vm = requestVm(
      newId('vm', now),
      tenantId,
      { name: `v-${number}`, vcpus: 1, memoryMiB: 200 },
      at,
    )
    const begun = { kind: 'vm.create', target: `/v1/vms/${vm.id}`, actor: 'key-0' } as const
    const traceId = 'a'.repeat(32)
    const id = newId('operation', now)
    const operation = beginOperation({ ...begun, id, tenantId, traceId }, at)
    const work = { operationId: id, tenantId, vmId: vm.id, traceparent: '' }
    return { work, items: [vmItem(vm), operationItem(operation)] }
  })
  await commit(works.flatMap(({ items }) => items.map((create) => ({ create }))))
  const outcomesOf = await Promise.allSettled(
    works.map(({ work }) => reserveHost({ work, hostId, generation: 1 })),
  )
  const told = outcomesOf.map((one) => (one.status === 'fulfilled' ? 'reserved' : one.reason.name))
  expect(told.toSorted()).toEqual([...Array(6).fill('HOST_FULL'), ...Array(4).fill('reserved')])
  const { allocated } = await under.get('get-host', { params: { hostId } })
  expect(allocated).toEqual({ vcpus: 4, memoryMiB: 800 })
})
