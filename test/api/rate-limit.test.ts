import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { tableName } from '../../local/environment.ts'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'
import { nextMessage, openSocket } from '../watchers.ts'

const minute = 60_000
let under: CloudUnderTest

beforeAll(async () => {
  under = await startCloudUnderTest()
})
afterAll(() => under?.[Symbol.asyncDispose]())

/** Far from the end of a minute, so that a test stays within one. */
const atTheBeginningOfAMinute = () => under.clock.move(minute - (under.clock.now() % minute))
const limited = (read: number, write: number) =>
  under.key(under.adminKey, { role: 'admin', requestsPerMinute: { read, write } })
const read = (key: string) => under.ask('get-principal', { key })
const write = (key: string) =>
  under.ask('create-vm', {
    key,
    body: { name: 'never', vcpus: 1, memoryMiB: 64 },
    query: { validateOnly: 'true' },
  })

test('over its limit a key is refused, told how long to wait, and free again in the next minute', async () => {
  const key = await limited(3, 1)
  atTheBeginningOfAMinute()
  for (const left of [2, 1, 0]) {
    const { status, headers } = await read(key)
    expect(status).toBe(200)
    expect(headers.get('ratelimit-policy')).toBe('"read";q=3;w=60')
    expect(headers.get('ratelimit')).toMatch(new RegExp(`^"read";r=${left};t=\\d+$`))
  }
  const { problem, headers } = await read(key)
  expect(problem).toMatchObject({ code: 'RATE_LIMITED', retryable: true })
  const wait = Number(headers.get('retry-after'))
  expect(wait).toBeGreaterThanOrEqual(1)
  expect(wait).toBeLessThanOrEqual(60)
  expect(problem!.retryAfterMs).toBe(wait * 1000)
  expect(headers.get('ratelimit-policy')).toBe('"read";q=3;w=60')
  expect(headers.get('ratelimit')).toBe(`"read";r=0;t=${wait}`)

  under.clock.move(wait * 1000)
  expect((await read(key)).status).toBe(200)
})

test('reads and writes are counted apart', async () => {
  const key = await limited(2, 1)
  atTheBeginningOfAMinute()
  expect((await write(key)).status).toBe(202)
  expect((await write(key)).problem!.code).toBe('RATE_LIMITED')
  expect((await read(key)).status).toBe(200)
  expect((await read(key)).status).toBe(200)
  expect((await read(key)).problem!.code).toBe('RATE_LIMITED')
})

test('one key over its limit holds up no other, not even of its tenant', async () => {
  const [busy, calm] = [await limited(1, 1), await limited(1, 1)]
  atTheBeginningOfAMinute()
  await read(busy)
  expect((await read(busy)).status).toBe(429)
  expect((await read(calm)).status).toBe(200)
})

test('requests at once are counted each', async () => {
  const key = await limited(10, 1)
  atTheBeginningOfAMinute()
  const answers = await Promise.all(Array.from({ length: 30 }, () => read(key)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(20)
})

test('what is refused for other reasons counts too, and tells what is left', async () => {
  const key = await limited(1, 3)
  atTheBeginningOfAMinute()
  const bad = () => under.ask('create-vm', { key, body: {} })
  const { problem, headers } = await bad()
  expect(problem!.code).toBe('INPUT_INVALID')
  expect(headers.get('ratelimit')).toMatch(/^"write";r=2;t=\d+$/)
  await bad()
  await bad()
  expect((await bad()).problem!.code).toBe('RATE_LIMITED')
})

test('counters go away by themselves', async () => {
  const key = await limited(5, 5)
  await read(key)
  const counters = () => under.items().filter(({ pk }) => pk.startsWith('RATE#')).length
  expect(counters()).toBeGreaterThan(0)
  under.clock.move(5 * minute)
  under.cloud.dynamodb.sweepExpired()
  expect(counters()).toBe(0)
})

describe('a message over the WebSocket', () => {
  const opened = async (key: string) => {
    const socket = openSocket(under, key)
    await once(socket, 'open')
    const send = (kind: 'events' | 'problem', message: string) => {
      const answer = nextMessage(socket, kind)
      socket.send(message)
      return answer
    }
    return { socket, send }
  }
  const watch = '{"action":"watch","after":0}'

  test('counts as a read of its key, whether it can be understood or not', async () => {
    const key = await limited(3, 1)
    const { socket, send } = await opened(key)
    atTheBeginningOfAMinute()
    await send('events', watch)
    for (const message of ['rubbish', '{"action":"watch","after":-1}'])
      expect(await send('problem', message)).toMatchObject({ problem: { code: 'INPUT_INVALID' } })
    for (const message of [watch, 'rubbish', '{"action":"watch","after":-1}']) {
      const refusal = await send('problem', message)
      expect(refusal).toMatchObject({
        problem: { code: 'RATE_LIMITED', params: { limit: 3, bucket: 'read' } },
      })
      if (refusal.kind !== 'problem') throw new Error(refusal.kind)
      const { retryAfterSeconds } = refusal.problem.params
      expect(refusal.problem.retryAfterMs).toBe(Number(retryAfterSeconds) * 1000)
    }
    expect((await read(key)).status).toBe(429)
    under.clock.move(minute)
    await send('events', watch)
    socket.terminate()
  })
})

describe('requests that wait', () => {
  /** A tenant in which nothing happens, a key of it that may have three waits at once, and the end of its log. */
  const calm = async () => {
    const { admin } = await under.tenant()
    const wish = { role: 'admin', requestsPerMinute: { read: 72, write: 10 } } as const
    const key = await under.key(admin, wish)
    const last = () => under.get('read-events', { key: admin, query: { after: 0, wait: 0 } })
    await vi.waitUntil(async () => (await last()).events.length === 3, 10_000)
    const { id } = await under.get('get-principal', { key })
    atTheBeginningOfAMinute()
    const wait = (by = key) => under.ask('read-events', { key: by, query: { after: 3, wait: 25 } })
    return { admin, key, id, wait }
  }
  const underWay = (id: string) =>
    under
      .items()
      .filter(({ pk }) => pk.startsWith(`RATE#${id}#waiting#`))
      .reduce((sum, { waiting }) => sum + Number(waiting), 0)
  /** As a function leaves it that dies while it waits. */
  const leak = (id: string, waits: number) =>
    under.cloud.dynamodb.call('UpdateItem', {
      TableName: tableName,
      Key: {
        pk: { S: `RATE#${id}#waiting#${Math.floor(under.clock.now() / minute)}` },
        sk: { S: 'RATE' },
      },
      UpdateExpression: 'ADD waiting :waits',
      ExpressionAttributeValues: { ':waits': { N: String(waits) } },
    })

  test('are bounded for each key, and only while they are under way', async () => {
    const { admin, key, id, wait } = await calm()
    const answers: number[] = []
    const waits = Array.from({ length: 10 }, async () => answers.push((await wait()).status))
    await vi.waitUntil(() => answers.length === 7 && underWay(id) === 3, 10_000)
    expect(new Set(answers)).toEqual(new Set([429]))
    const other = wait(admin)
    const now = await under.ask('read-events', { key, query: { after: 3, wait: 0 } })
    expect(now.body).toEqual({ events: [], next: 3 })

    await under.key(admin)
    expect((await other).status).toBe(200)
    await Promise.all(waits)
    expect(answers.slice(7)).toEqual([200, 200, 200])
    await vi.waitUntil(() => underWay(id) === 0, 10_000)
    expect((await wait()).status).toBe(200)
  })

  test('are told what was exceeded and when to come back', async () => {
    const { id, wait } = await calm()
    leak(id, 3)
    const { problem, headers } = await wait()
    expect(problem).toMatchObject({
      code: 'RATE_LIMITED',
      retryable: true,
      retryAfterMs: 5000,
      params: { limit: 3, bucket: 'waiting' },
    })
    expect(problem!.detail).toContain('3 waiting requests')
    expect(headers.get('retry-after')).toBe('5')
  })

  test('are refused before anything is changed', async () => {
    const { key, id } = await calm()
    leak(id, 3)
    const body = { name: 'only-once', vcpus: 1, memoryMiB: 64 }
    const waiting = await under.ask('create-vm', { key, body, query: { wait: 25 } })
    expect(waiting.problem!.code).toBe('RATE_LIMITED')
    const { status, body: operation } = await under.ask('create-vm', { key, body })
    expect(status).toBe(202)
    const params = { operationId: operation!.id }
    const refused = await under.refused('get-operation', { key, params, query: { wait: 1 } })
    expect(refused.code).toBe('RATE_LIMITED')
    expect((await under.ask('get-operation', { key, params })).status).toBe(200)
  })

  test('are forgotten if their function died, but not with the minute they began in', async () => {
    const { admin, id, wait } = await calm()
    await under.key(admin)
    leak(id, 3)
    expect((await wait()).status).toBe(429)
    under.clock.move(minute)
    expect((await wait()).status).toBe(429)
    under.clock.move(minute)
    expect((await wait()).status).toBe(200)
  })
})
