import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import { openEngine } from '../../test/conformance/dynamodb-endpoints.ts'
import type { StreamRecord } from './changes.ts'
import type { DynamoDbEngine } from './engine.ts'

const TableName = 'streamed'

function createTable(engine: DynamoDbEngine, StreamViewType = 'NEW_AND_OLD_IMAGES'): void {
  engine.call('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    StreamSpecification: { StreamEnabled: true, StreamViewType },
  })
}

function put(engine: DynamoDbEngine, pk: string, n = 1): void {
  engine.call('PutItem', { TableName, Item: { pk: { S: pk }, n: { N: String(n) } } })
}

const keyOf = (record: StreamRecord) => record.dynamodb.Keys['pk']!.S!

function open(options: Parameters<typeof openEngine>[0] = {}) {
  const clock = new ManualClock(1_800_000_000_000)
  const opened = openEngine({ clock, ...options })
  const close = () => opened[Symbol.asyncDispose]()
  createTable(opened.engine)
  return { clock, opened, engine: opened.engine, [Symbol.asyncDispose]: close }
}

/** Moves time on until the stream has nothing left to deliver. */
async function settle(clock: ManualClock, idle: Promise<void>): Promise<void> {
  const state = { settled: false }
  void idle.then(() => (state.settled = true))
  while (!state.settled) {
    await clock.advance(clock.nextIn() ?? 0)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a stream', () => {
  test('shows each change as Lambda shows it', async () => {
    await using world = open()
    const { engine } = world
    const seen: StreamRecord[] = []
    put(engine, 'a')
    put(engine, 'a', 2)
    put(engine, 'a', 2)
    engine.call('DeleteItem', { TableName, Key: { pk: { S: 'a' } } })
    engine.call('DeleteItem', { TableName, Key: { pk: { S: 'a' } } })
    const stream = engine.stream(TableName, 'reader', async ({ Records }) => {
      seen.push(...Records)
    })
    await stream.idle()
    expect(seen.map(({ eventName }) => eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE'])
    const [insert, modify, remove] = seen
    expect(insert).toEqual({
      eventID: expect.any(String) as string,
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'local',
      dynamodb: {
        ApproximateCreationDateTime: 1_800_000_000,
        Keys: { pk: { S: 'a' } },
        NewImage: { pk: { S: 'a' }, n: { N: '1' } },
        SequenceNumber: '000000000000000000001',
        SizeBytes: expect.any(Number) as number,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      eventSourceARN: expect.stringMatching(
        /^arn:aws:dynamodb:.*:table\/streamed\/stream\//,
      ) as string,
    })
    expect(modify!.dynamodb.OldImage).toEqual(insert!.dynamodb.NewImage)
    expect(remove!.dynamodb.NewImage).toBeUndefined()
    expect(remove!.dynamodb.OldImage).toEqual({ pk: { S: 'a' }, n: { N: '2' } })
  })

  test('shows only what its view allows', async () => {
    await using opened = openEngine()
    createTable(opened.engine, 'KEYS_ONLY')
    put(opened.engine, 'a')
    const seen: StreamRecord[] = []
    const stream = opened.engine.stream(TableName, 'reader', async ({ Records }) => {
      seen.push(...Records)
    })
    await stream.idle()
    expect(seen[0]!.dynamodb).not.toHaveProperty('NewImage')
    expect(seen[0]!.dynamodb.Keys).toEqual({ pk: { S: 'a' } })
  })

  test('says nothing of a transaction that was cancelled', async () => {
    await using world = open()
    const { engine } = world
    const transaction = () =>
      engine.call('TransactWriteItems', {
        TransactItems: [
          { Put: { TableName, Item: { pk: { S: 'a' } } } },
          {
            ConditionCheck: {
              TableName,
              Key: { pk: { S: 'b' } },
              ConditionExpression: 'attribute_exists(pk)',
            },
          },
        ],
      })
    expect(transaction).toThrow('ConditionalCheckFailed')
    put(engine, 'b')
    const seen: string[] = []
    const stream = engine.stream(TableName, 'reader', async ({ Records }) => {
      seen.push(...Records.map(keyOf))
    })
    await stream.idle()
    expect(seen).toEqual(['b'])
  })

  test('wakes its consumers at each commit and gives every one everything, in order', async () => {
    await using world = open()
    const { engine } = world
    const seen: Record<string, string[]> = { one: [], two: [] }
    const sizes: number[] = []
    const streams = ['one', 'two'].map((name) =>
      engine.stream(TableName, name, async ({ Records }) => {
        sizes.push(Records.length)
        seen[name]!.push(...Records.map(keyOf))
      }),
    )
    const all = Array.from({ length: 250 }, (_, n) => `k${n}`)
    for (const pk of all) put(engine, pk)
    await Promise.all(streams.map((stream) => stream.idle()))
    put(engine, 'last')
    await Promise.all(streams.map((stream) => stream.idle()))
    expect(seen).toEqual({ one: [...all, 'last'], two: [...all, 'last'] })
    expect(Math.max(...sizes)).toBe(100)
    expect(world.opened.db.prepare('SELECT count(*) AS left FROM ddb_change').get()).toEqual({
      left: 0,
    })
  })

  test('goes on where its consumer stopped, and keeps what one has yet to see', async () => {
    await using world = open()
    const { engine } = world
    const seen: string[] = []
    const take = async ({ Records }: { Records: StreamRecord[] }) => {
      seen.push(...Records.map(keyOf))
    }
    put(engine, 'a')
    const first = engine.stream(TableName, 'reader', take)
    await first.idle()
    await first.close()
    put(engine, 'b')
    const other = engine.stream(TableName, 'other', async () => {})
    await other.idle()
    const second = engine.stream(TableName, 'reader', take)
    await second.idle()
    expect(seen).toEqual(['a', 'b'])
  })

  test('delivers again what its consumer could not take, with growing pauses', async () => {
    await using world = open()
    const { clock, engine } = world
    const attempts: { at: number; keys: string[] }[] = []
    for (const pk of ['a', 'b', 'c']) put(engine, pk)
    const stream = engine.stream(TableName, 'reader', async ({ Records }) => {
      attempts.push({ at: clock.now() - 1_800_000_000_000, keys: Records.map(keyOf) })
      if (attempts.length < 4) throw new Error('not yet')
    })
    await settle(clock, stream.idle())
    expect(attempts.map(({ keys }) => keys.join(''))).toEqual(['abc', 'abc', 'ab', 'a', 'bc'])
    const pauses = attempts.slice(1, 4).map(({ at }, n) => at - attempts[n]!.at)
    expect(pauses).toEqual([75, 150, 300])
    expect(engine.statistics.recordsParked).toBe(0)
  })

  test('sets aside the one record that cannot be taken, visibly, and delivers the rest', async () => {
    await using world = open()
    const { clock, engine } = world
    const taken: string[] = []
    const parked: string[] = []
    for (const pk of ['a', 'b', 'poison', 'c', 'd']) put(engine, pk)
    const consumer = async ({ Records }: { Records: StreamRecord[] }) => {
      if (Records.some((record) => keyOf(record) === 'poison')) throw new Error('cannot take it')
      taken.push(...Records.map(keyOf))
    }
    const stream = engine.stream(TableName, 'reader', consumer, {
      maximumAttempts: 5,
      parked: (record) => parked.push(keyOf(record)),
    })
    await settle(clock, stream.idle())
    expect(taken).toEqual(['a', 'b', 'c', 'd'])
    expect(parked).toEqual(['poison'])
    expect(engine.statistics.recordsParked).toBe(1)
    const letters = world.opened.db
      .prepare('SELECT consumer, record, error FROM ddb_dead_letter')
      .all()
    expect(letters).toHaveLength(1)
    expect(letters[0]!['consumer']).toBe('reader')
    expect(letters[0]!['error']).toContain('cannot take it')
    expect(keyOf(JSON.parse(String(letters[0]!['record'])) as StreamRecord)).toBe('poison')
  })

  test('delivers only the rest when its consumer names what failed', async () => {
    await using world = open()
    const { clock, engine } = world
    const seen: string[] = []
    let failed = false
    for (const pk of ['a', 'b', 'c']) put(engine, pk)
    const stream = engine.stream(TableName, 'reader', async ({ Records }) => {
      seen.push(Records.map(keyOf).join(''))
      if (failed) return
      failed = true
      return { batchItemFailures: [{ itemIdentifier: Records[1]!.dynamodb.SequenceNumber }] }
    })
    await settle(clock, stream.idle())
    expect(seen).toEqual(['abc', 'bc'])
  })

  test('closes while it waits for another attempt', async () => {
    await using world = open()
    const { engine } = world
    put(engine, 'a')
    let attempts = 0
    const stream = engine.stream(TableName, 'reader', async () => {
      attempts++
      throw new Error('never')
    })
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    await stream.close()
    expect(attempts).toBe(1)
  })

  test('keeps records for a day when nobody reads them', async () => {
    await using world = open()
    const { clock, engine } = world
    const stored = () => world.opened.db.prepare('SELECT count(*) AS n FROM ddb_change').get()!['n']
    put(engine, 'a')
    await clock.advance(23 * 3_600_000)
    put(engine, 'b')
    engine.sweepExpired()
    expect(stored()).toBe(2)
    await clock.advance(2 * 3_600_000)
    engine.sweepExpired()
    expect(stored()).toBe(1)
    expect(engine.statistics.recordsForgotten).toBe(1)
  })

  test('needs a table that has one', async () => {
    await using opened = openEngine()
    expect(() => opened.engine.stream('absent', 'reader', async () => {})).toThrow('not found')
  })
})
