import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'

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
