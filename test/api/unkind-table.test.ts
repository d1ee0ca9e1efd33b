/**
 * The whole product on a table, a Lambda and a Step Functions as unkind as the real ones: answers take time and get
 * lost, functions run twice, transactions meet, indexes lag, and a transaction is seen while it is only half there.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RouteName } from '../../core/contract/api.ts'
import type { Event } from '../../core/contract/event.ts'
import type { Problem } from '../../core/contract/failures.ts'
import { newId } from '../../core/ids.ts'
import type { Adversity } from '../../local/adversity.ts'
import { startCloudUnderTest, type CloudUnderTest, type Given } from '../cloud-under-test.ts'
import type { Answer } from '../held-answer.ts'
import { chance } from '../seed.ts'
import { watchAsEventStream, watchAsJson, watchOverSocket } from '../watchers.ts'

const unkind: Omit<Adversity, 'random'> = {
  latencyMs: { min: 0, max: 4 },
  lostAnswers: 0.01,
  throttling: 0.003,
  transactionConflicts: 0.05,
  tornReads: 0.7,
  duplicateInvocations: 0.1,
  duplicateStreamDeliveries: 0.1,
  staleIndexReads: 0.3,
  lateCallbacks: 0.1,
}

let under: CloudUnderTest

beforeAll(async () => {
  under = await startCloudUnderTest({ hosts: 3, createMs: 20, adversity: unkind })
})
afterAll(() => under?.[Symbol.asyncDispose]())

const times = <T>(count: number, run: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, at) => run(at)))

const passing: ReadonlySet<string> = new Set(['CLOUD_UNAVAILABLE', 'CONFLICT'])
/** As every client of ours: what is said to pass is tried again. (That nobody is told a bug, `ask` sees to.) */
const patiently = async <N extends RouteName>(name: N, given: Given): Promise<Answer<N>> => {
  for (;;) {
    const answer = await under.ask(name, given)
    if (!answer.problem?.retryable) return answer
    expect(passing).toContain(answer.problem.code)
    await under.clock.sleep(20 + chance() * 50)
  }
}
const surely = async <N extends RouteName>(name: N, given: Given) => {
  const { body, text } = await patiently(name, given)
  if (body === undefined) throw new Error(`${name} was refused: ${text}`)
  return body
}
const over = async (operationId: string, key: string) => {
  for (;;) {
    const asked = { key, params: { operationId }, query: { wait: 5 } }
    const operation = await surely('get-operation', asked)
    if (operation.finishedAt !== null) return operation
  }
}
const tenant = async () =>
  (await surely('create-tenant', { body: { name: under.name('t') } })).adminKey.secret!

let keys = 0
/** The same request so often, one a few milliseconds after the other. */
const staggered = <N extends RouteName>(name: N, given: Given, count = 30) => {
  const headers = { ...given.headers, 'idempotency-key': `again-${++keys}` }
  return times(count, async (at) => {
    await under.clock.sleep(at * chance() * 3)
    return patiently(name, { ...given, headers })
  })
}
const expectEqual = (
  answers: readonly { status: number; text: string; problem: Problem | undefined }[],
  status: number,
) => {
  const told = new Set(answers.map(({ problem, status: said }) => problem?.code ?? said))
  expect(told).toEqual(new Set([status]))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
}
const create = async (key: string, body: Record<string, unknown> = {}) => {
  const asked = { name: under.name('vm'), vcpus: 1, memoryMiB: 64, ...body }
  const headers = { 'idempotency-key': under.name('key') }
  const { id, target } = await surely('create-vm', { key, body: asked, headers })
  expect(await over(id, key)).toMatchObject({ state: 'succeeded' })
  return target.slice('/v1/vms/'.length)
}
const remove = async (key: string, vmId: string) => {
  const headers = { 'idempotency-key': under.name('key') }
  const { id } = await surely('delete-vm', { key, params: { vmId }, headers })
  expect(await over(id, key)).toMatchObject({ state: 'succeeded' })
}

describe('thirty equal requests under one key, one shortly after the other, are told the same', () => {
  test('of a create, and one VM is made', async () => {
    const key = await tenant()
    const body = { name: 'one', vcpus: 1, memoryMiB: 64 }
    const answers = await staggered('create-vm', { key, body })
    expectEqual(answers, 202)
    await over(answers[0]!.body!.id, key)
    expect((await surely('list-vms', { key })).items).toHaveLength(1)
  })

  test('of a delete: not that the VM is on its way out already', async () => {
    const key = await tenant()
    const vmId = await create(key)
    const { headers } = await patiently('get-vm', { key, params: { vmId } })
    const given = { key, params: { vmId }, headers: { 'if-match': headers.get('etag')! } }
    expectEqual(await staggered('delete-vm', given), 202)
  })

  test('of an update: not that the VM has changed since', async () => {
    const key = await tenant()
    const vmId = await create(key)
    const { headers, body } = await patiently('get-vm', { key, params: { vmId } })
    const given = {
      key,
      params: { vmId },
      body: { labels: { a: 'b' } },
      headers: { 'if-match': headers.get('etag')! },
    }
    expectEqual(await staggered('update-vm', given), 200)
    const after = await surely('get-vm', { key, params: { vmId } })
    expect(after).toMatchObject({ version: body!.version + 1, labels: { a: 'b' } })
  })
})

test('forty creates and deletes at once all end well, and the books are right', async () => {
  const key = await tenant()
  const end = new AbortController()
  const watching = { under, key, cuts: 0.1, signal: end.signal }
  const watchers = [
    watchAsJson(watching),
    watchAsEventStream(watching),
    ...Array.from({ length: 4 }, () => watchOverSocket(watching)),
  ]
  const vmIds = await times(40, async (at) => {
    const vmId = await create(key)
    if (at % 2 === 0) return vmId
    await remove(key, vmId)
    return undefined
  })
  const kept = vmIds.filter((vmId) => vmId !== undefined)

  const vms = under.items().filter(({ is, state }) => is === 'vm' && state === 'running')
  for (const vmId of kept) expect(vms.filter(({ id }) => id === vmId)).toHaveLength(1)
  const owned = under.items().filter(({ is, phase }) => is === 'ownership' && phase === 'OWNED')
  for (const load of under.items().filter(({ pk }) => pk === 'HOST-LOADS')) {
    const here = owned.filter(({ hostId }) => hostId === load.sk)
    const sum = (of: 'vcpus' | 'memoryMiB') =>
      here.reduce((all, { reserved }) => all + (reserved as Record<typeof of, number>)[of], 0)
    expect([load.vcpus, load.memoryMiB]).toEqual([sum('vcpus'), sum('memoryMiB')])
  }
  expect(new Set(owned.map(({ vmId }) => vmId)).size).toBe(owned.length)

  await times(kept.length, (at) => remove(key, kept[at]!))
  const log = await settledLog(key, 80)
  expect(log.map(({ sequence }) => Number(sequence))).toEqual(log.map((_, at) => at + 1))
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length)
  for (const { seen } of watchers) while (seen.length < log.length) await under.clock.sleep(10)
  end.abort()
  for (const { seen, refusals, ended } of watchers) {
    await ended
    expect(seen).toEqual(log)
    const codes = refusals.map((text) => (JSON.parse(text) as Problem).code)
    expect(codes.filter((code) => !passing.has(code))).toEqual([])
  }
}, 60_000)

test('a table that refuses everything is told as a cloud that is not there now, and when to come back', async () => {
  const key = await tenant()
  under.adversity.throttling = 1
  const params = { vmId: newId('vm', under.clock.now()) }
  const asked: [RouteName, Given][] = [
    ['get-vm', { key, params }],
    ['list-vms', { key }],
    ['create-vm', { key, body: { name: 'not-now', vcpus: 1, memoryMiB: 64 } }],
    ['delete-vm', { key, params }],
    ['read-events', { key, query: { after: 0, wait: 0 } }],
  ]
  try {
    const answers = await Promise.all(asked.map(([name, given]) => under.ask(name, given)))
    for (const { status, problem, headers } of answers) {
      expect([status, problem?.code]).toEqual([503, 'CLOUD_UNAVAILABLE'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
  } finally {
    under.adversity.throttling = unkind.throttling!
  }
  expect(await patiently('list-vms', { key })).toMatchObject({ status: 200 })
})

test('nothing of all this was a bug to any function, and no change was given up', () => {
  const lines = readFileSync(join(under.home, 'functions.log'), 'utf8').trim().split('\n')
  const entries = lines.map(
    (line) => JSON.parse(line.slice(line.indexOf('{'))) as { level: string },
  )
  expect(entries.length).toBeGreaterThan(200)
  expect(entries.filter(({ level }) => level === 'error')).toEqual([])
  expect(under.cloud.dynamodb.statistics.recordsParked).toBe(0)
})

/** The whole log, once it tells the ends of so many operations. */
const settledLog = async (key: string, operations: number): Promise<Event[]> => {
  const all: Event[] = []
  for (;;) {
    const query = { after: all.length, wait: 0 }
    const { events } = await surely('read-events', { key, query })
    all.push(...events)
    const ends = all.filter(({ type }) => type === 'dev.novacron.operation.succeeded.v1')
    if (events.length === 0 && ends.length >= operations) return all
    await under.clock.sleep(20)
  }
}
