import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Event, eventTypes } from '../../core/contract/event.ts'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'
import {
  nextMessage,
  openSocket,
  readEventStream,
  watchAsEventStream,
  watchAsJson,
  watchOverSocket,
} from '../watchers.ts'

let under: CloudUnderTest

beforeAll(async () => {
  under = await startCloudUnderTest({
    hosts: 1,
    adversity: { duplicateStreamDeliveries: 0.2, staleIndexReads: 0.3 },
  })
})
afterAll(() => under?.[Symbol.asyncDispose]())

/** Everything a tenant's log holds, page by page. */
const logOf = async (key: string): Promise<Event[]> => {
  const all: Event[] = []
  for (;;) {
    const query = { after: all.length, wait: 0 }
    const { events } = await under.get('read-events', { key, query })
    if (events.length === 0) return all
    all.push(...events)
  }
}
/** The log once it tells of the end of that operation: publishing lags behind. */
const logUntil = async (key: string, operationId: string) => {
  for (;;) {
    const log = await logOf(key)
    const ended = log.some(
      ({ subject, type }) => subject.endsWith(operationId) && /succeeded|failed/.test(type),
    )
    if (ended) return log
    await under.clock.sleep(20)
  }
}
const dense = (events: readonly Event[]) => events.map(({ sequence }) => Number(sequence))
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

/** What a tenant does in a day. */
const live = async (key: string, rounds: number) => {
  for (let round = 0; round < rounds; round++) {
    const vm = await under.vm(key)
    const params = { vmId: vm.id }
    await Promise.all(
      [1, 2, 3].map((at) =>
        under.get('update-vm', { key, params, body: { labels: { at: `${at}` } } }),
      ),
    )
    await under.key(key)
    await under.over(await under.get('delete-vm', { key, params }), key)
  }
  const last = await under.over(
    await under.get('create-vm', {
      key,
      body: { name: under.name('vm'), vcpus: 1, memoryMiB: 64 },
    }),
    key,
  )
  return logUntil(key, last.id)
}

test('every watcher sees every event of its tenant once and in order, however often it is cut off', async () => {
  const [one, other] = [await under.tenant(), await under.tenant()]
  const end = new AbortController()
  const tenants = [one, other].map(({ id, admin: key }) => {
    const watching = { under, key, cuts: 0.3, signal: end.signal }
    const watchers = [
      watchAsJson(watching),
      watchAsEventStream(watching),
      watchOverSocket(watching),
      watchOverSocket({ ...watching, cuts: 0 }),
    ]
    return { id, key, watchers }
  })
  await Promise.all(tenants.map(({ key }) => live(key, 2)))
  await under.restart()
  const logs = await Promise.all(tenants.map(({ key }) => live(key, 2)))
  for (const [at, { id, watchers }] of tenants.entries()) {
    const log = logs[at]!
    expect(log.length).toBeGreaterThan(60)
    expect(dense(log)).toEqual(upTo(log.length))
    expect(new Set(log.map((event) => event.id)).size).toBe(log.length)
    for (const event of log) expect(event.tenantid).toBe(id)
    for (const { seen } of watchers) while (seen.length < log.length) await under.clock.sleep(10)
  }
  end.abort()
  for (const [at, { watchers }] of tenants.entries())
    for (const { seen, ended } of watchers) {
      await ended
      expect(seen).toEqual(logs[at])
    }
})

describe('an event', () => {
  test('is a CloudEvent whose data is the resource as it then was', async () => {
    const { admin: key, id } = await under.tenant()
    const log = await live(key, 1)
    for (const event of log) {
      Event.parse(event)
      eventTypes[event.type].parse(event.data)
      expect(event).toMatchObject({ specversion: '1.0', source: `//novacron.dev/tenants/${id}` })
      expect(event.subject).toMatch(/^\/v1\/(tenants|keys|vms|operations)\//)
      expect(event.data.id).toBe(event.subject.split('/').at(-1))
    }
    const told = log.map(({ type }) => type.slice('dev.novacron.'.length))
    for (const type of [
      'tenant.created.v1',
      'key.created.v1',
      'vm.requested.v1',
      'vm.changed.v1',
      'vm.running.v1',
      'vm.deleting.v1',
      'vm.deleted.v1',
      'operation.queued.v1',
      'operation.progressed.v1',
      'operation.succeeded.v1',
    ])
      expect(told).toContain(type)
  })

  test('follows from each version of a resource, without a gap', async () => {
    const { admin: key } = await under.tenant()
    const log = await live(key, 1)
    const kept = log.filter(({ type }) => !type.includes('vm.deleted'))
    for (const events of Map.groupBy(kept, ({ subject }) => subject).values())
      expect(events.map(({ data }) => data.version)).toEqual(upTo(events.length))
  })
})

describe('a reader', () => {
  test('who says nothing begins now, and keeps its place although nothing happened', async () => {
    const { admin: key } = await under.tenant()
    const before = await live(key, 0)
    const headers = { authorization: `Bearer ${key}` }
    const response = await fetch(`${under.url}/v1/events?wait=0`, { headers })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const [first, nothing] = readEventStream(await response.text())
    expect(first).toEqual({ retry: '250' })
    expect(nothing).toMatchObject({ id: String(before.length) })
    expect(await under.get('read-events', { key, query: { wait: 0 } })).toEqual({
      events: [],
      next: before.length,
    })
  })

  test('who waits is answered as soon as something happens', async () => {
    const { admin: key } = await under.tenant()
    const { length } = await live(key, 0)
    const waiting = under.get('read-events', { key, query: { after: length, wait: 25 } })
    await under.key(key)
    const { events } = await waiting
    expect(events[0]).toMatchObject({ type: 'dev.novacron.key.created.v1' })
  })

  test('who asks for more than there ever was is told so, and does not wait for ever', async () => {
    const { admin: key } = await under.tenant()
    const { length } = await live(key, 0)
    const query = { after: length + 1000, wait: 25 }
    const problem = await under.refused('read-events', { key, query })
    expect(problem.code).toBe('INPUT_INVALID')
    expect(problem.errors![0]!.detail).toContain(String(length))
  })

  test('at the end of a log that grows all the time is never told that it has expired', async () => {
    const { admin: key } = await under.tenant()
    const end = new AbortController()
    const codes: (string | undefined)[] = []
    const poll = async () => {
      let after = 0
      while (!end.signal.aborted) {
        const { body, problem } = await under.ask('read-events', { key, query: { after, wait: 0 } })
        codes.push(problem?.code)
        after = body?.next ?? after
      }
    }
    const readers = [poll(), poll(), poll()]
    await live(key, 2)
    end.abort()
    await Promise.all(readers)
    expect(new Set(codes)).toEqual(new Set([undefined]))
  })

  test('is answered within 25 seconds whatever it asks for', async () => {
    const problem = await under.refused('read-events', { query: { after: 0, wait: 26 } })
    expect(problem.errors).toMatchObject([{ in: 'query', pointer: 'wait' }])
  })
})

describe('over the WebSocket', () => {
  const refusedWith = async (key: string | null) => {
    const socket = openSocket(under, key)
    socket.on('error', () => {})
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ]
    socket.terminate()
    return response.statusCode
  }

  test('only holders of a key that may read events come in', async () => {
    expect(await refusedWith(null)).toBe(401)
    expect(await refusedWith('rubbish')).toBe(401)
    expect(await refusedWith(await under.key(under.adminKey, { scopes: ['vms:read'] }))).toBe(403)
  })

  test('a key that is revoked reads no further', async () => {
    const { admin } = await under.tenant()
    const body = { name: 'short', role: 'viewer' }
    const { id, secret } = await under.get('create-key', { key: admin, body })
    const socket = openSocket(under, secret!)
    await once(socket, 'open')
    const ask = () => socket.send(JSON.stringify({ action: 'watch', after: 0 }))
    const events = nextMessage(socket, 'events')
    ask()
    await events
    await under.get('revoke-key', { key: admin, params: { keyId: id } })
    const refusal = nextMessage(socket, 'problem')
    ask()
    expect(await refusal).toMatchObject({ problem: { code: 'KEY_REVOKED' } })
    socket.terminate()
  })

  test.each([
    'rubbish',
    '{}',
    '{"action":"watch"}',
    '{"action":"watch","after":-1}',
    '{"action":"watch","after":0,"tenantId":"tenant-0"}',
    '{"action":"$connect"}',
    '{"action":"__proto__"}',
    '[]',
    'null',
  ])('the message %s is refused by name', async (message) => {
    const socket = openSocket(under, under.adminKey)
    await once(socket, 'open')
    const refusal = nextMessage(socket, 'problem')
    socket.send(message)
    const answer = await refusal
    expect(answer).toMatchObject({ problem: { code: 'INPUT_INVALID' } })
    expect(JSON.stringify(answer)).not.toContain('{origin}')
    socket.terminate()
  })

  test('events too large for one message come in several', async () => {
    const { admin: key } = await under.tenant()
    const vm = await under.vm(key)
    const labels = Object.fromEntries(
      Array.from({ length: 32 }, (_, at) => [`a${at}`, `${at}"世`.padEnd(255, '世')]),
    )
    for (let more = 0; more < 8; more++)
      await under.get('update-vm', {
        key,
        params: { vmId: vm.id },
        body: { labels: { ...labels, a0: `${more}` } },
      })
    const body = { name: under.name('vm'), vcpus: 1, memoryMiB: 64 }
    const last = await under.over(await under.get('create-vm', { key, body }), key)
    const log = await logUntil(key, last.id)
    const end = new AbortController()
    const watcher = watchOverSocket({ under, key, cuts: 0, signal: end.signal })
    while (watcher.seen.length < log.length) await under.clock.sleep(10)
    end.abort()
    await watcher.ended
    expect(watcher.seen).toEqual(log)
  })
})

test('no secret that was ever told lies in an event, in the log of the functions or anywhere in the data', async () => {
  const { admin: key } = await under.tenant()
  await live(key, 1)
  await under.get('create-join-token')
  const failing = under.name('unlucky')
  under.faults.set(failing, 'fail')
  const body = { name: failing, vcpus: 1, memoryMiB: 64 }
  await under.over(await under.get('create-vm', { key, body }), key)

  const { database, file } = under.cloud.directory
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map(({ name }) => String(name))
  const texts = tables.flatMap((name) =>
    database
      .prepare(`SELECT * FROM "${name}"`)
      .all()
      .flatMap((row) => Object.values(row))
      .map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : `${value}`,
      ),
  )
  const all = [...texts, readFileSync(file('functions.log'), 'utf8')].join('\n')
  expect(all.length).toBeGreaterThan(100_000)
  expect(under.secrets.size).toBeGreaterThan(10)
  for (const secret of under.secrets) expect(all).not.toContain(secret)
})

// The last one: a week takes the doorbells of the hosts with it.
test('a reader who comes back after a week is told where to go on', async () => {
  const { admin: key } = await under.tenant()
  const { length } = await live(key, 0)
  under.clock.move(8 * 24 * 3600 * 1000)
  under.cloud.dynamodb.sweepExpired()
  const expired = await under.refused('read-events', { key, query: { after: 0, wait: 0 } })
  expect(expired).toMatchObject({ code: 'EVENTS_EXPIRED', params: { oldest: length + 1 } })
  const query = { after: length, wait: 0 }
  expect(await under.get('read-events', { key, query })).toEqual({ events: [], next: length })
  await under.key(key)
  const { events } = await under.get('read-events', { key, query: { after: length, wait: 25 } })
  expect(dense(events)).toEqual([length + 1])
  const still = await under.refused('read-events', { key, query: { after: 3, wait: 0 } })
  expect(still).toMatchObject({ code: 'EVENTS_EXPIRED', params: { oldest: length + 1 } })
})
