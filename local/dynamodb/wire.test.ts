import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import { openEngine } from '../../test/conformance/dynamodb-endpoints.ts'
import { chanceOf } from '../../test/seed.ts'
import type { AdversityOptions } from './adversity.ts'
import type { DynamoDbEngine } from './engine.ts'
import type { DynamoDbError } from './errors.ts'

const TableName = 'far-away'
const keys = Array.from({ length: 10 }, (_, at) => `k${at}`)
const itemOf = (sk: string, state: string) => ({
  pk: { S: 'p' },
  sk: { S: sk },
  state: { S: state },
})
const keyOf = (sk: string) => ({ pk: { S: 'p' }, sk: { S: sk } })

function createTable(engine: DynamoDbEngine): void {
  engine.call('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  })
}

/** A table of old items, ten milliseconds away. */
function farAway(adversity: Partial<AdversityOptions> = {}) {
  const clock = new ManualClock()
  const latencyMs = { min: 10, max: 10 }
  const opened = openEngine({ clock, adversity: { random: chanceOf(5), latencyMs, ...adversity } })
  createTable(opened.engine)
  for (const sk of keys.slice(0, 5)) {
    opened.engine.call('PutItem', { TableName, Item: itemOf(sk, 'old') })
  }
  return { ...opened, clock }
}

const allNew = {
  TransactItems: keys.map((sk) => ({ Put: { TableName, Item: itemOf(sk, 'new') } })),
  ClientRequestToken: 'once',
}
const query = {
  TableName,
  ConsistentRead: true,
  KeyConditionExpression: 'pk = :p',
  ExpressionAttributeValues: { ':p': { S: 'p' } },
}

interface Outcome {
  answer?: object
  error?: string
  reasons: string[]
}

/** A client's call, without repetitions. */
const send = (engine: DynamoDbEngine, name: string, input: object): Promise<Outcome> =>
  engine.send(name, input).then(
    (answer) => ({ answer, reasons: [] }),
    (error: DynamoDbError) => {
      const { CancellationReasons: reasons = [] } = error.members as {
        CancellationReasons?: { Code: string }[]
      }
      return { error: error.name, reasons: reasons.map(({ Code }) => Code) }
    },
  )

const put = (sk: string, state = 'mine') => ({ TableName, Item: itemOf(sk, state) })
const get = (engine: DynamoDbEngine, sk: string) =>
  engine.call('GetItem', { TableName, Key: keyOf(sk) })

describe('a call that is far away', () => {
  test('lets others run before it takes effect, and after', async () => {
    await using opened = farAway()
    const { engine, clock } = opened
    const late = send(engine, 'PutItem', put('late'))
    const count = () => (engine.call('Scan', { TableName }) as { Count: number }).Count
    await clock.advance(9)
    expect(count()).toBe(5)
    await clock.advance(2)
    expect(count()).toBe(6)
    expect(await Promise.race([late, 'not yet'])).toBe('not yet')
    await clock.advance(10)
    expect((await late).error).toBeUndefined()
  })
})

describe('a transaction under way', () => {
  test('refuses whoever wants its items, and says so beside the conditions that do not hold', async () => {
    await using opened = farAway()
    const { engine, clock } = opened
    const first = send(engine, 'TransactWriteItems', allNew)
    await clock.advance(5)
    const single = send(engine, 'PutItem', put('k0'))
    const gone = {
      TableName,
      Key: keyOf('nobody'),
      ConditionExpression: 'attribute_exists(pk)',
    }
    const both = send(engine, 'TransactWriteItems', {
      TransactItems: [
        { Put: put('free') },
        { Delete: { TableName, Key: keyOf('k1') } },
        { Delete: gone },
      ],
    })
    const look = send(engine, 'TransactGetItems', {
      TransactItems: [{ Get: { TableName, Key: keyOf('k2') } }],
    })
    const again = send(engine, 'TransactWriteItems', allNew)
    await clock.advance(40)
    expect((await single).error).toBe('TransactionConflictException')
    expect(await both).toEqual({
      error: 'TransactionCanceledException',
      reasons: ['None', 'TransactionConflict', 'ConditionalCheckFailed'],
    })
    expect((await look).reasons).toEqual(['TransactionConflict'])
    expect((await again).error).toBe('TransactionInProgressException')
    expect((await first).error).toBeUndefined()
    const later = send(engine, 'PutItem', put('k0'))
    await clock.advance(20)
    expect((await later).error).toBeUndefined()
  })

  test('is seen item by item, never back again, and whole once it was answered', async () => {
    await using opened = farAway({ tornReads: 1 })
    const { engine, clock } = opened
    const delivered: number[] = []
    const stream = engine.stream(TableName, 'reader', async ({ Records }) => {
      delivered.push(Records.length)
    })
    await stream.idle()
    delivered.length = 0
    const write = send(engine, 'TransactWriteItems', allNew)
    const looks: Promise<Outcome>[] = []
    for (let at = 0; at < 50; at += 2) {
      looks.push(send(engine, 'Query', query))
      await clock.advance(2)
    }
    expect((await write).error).toBeUndefined()
    await clock.advance(20)
    const seen = (await Promise.all(looks)).map(({ answer }) => {
      const { Items } = answer as { Items: ReturnType<typeof itemOf>[] }
      return new Set(Items.filter(({ state }) => state.S === 'new').map(({ sk }) => sk.S))
    })
    expect(seen.some(({ size }) => size > 0 && size < keys.length)).toBe(true)
    for (const [at, now] of seen.entries())
      for (const sk of seen[at - 1] ?? []) expect(now).toContain(sk)
    expect(seen.at(-1)?.size).toBe(keys.length)
    await stream.idle()
    expect(delivered.reduce((all, some) => all + some, 0)).toBe(keys.length)
  })

  test('tells its stream when it has taken effect, not when it is first seen', async () => {
    await using opened = farAway({ tornReads: 1 })
    const { engine, clock, db } = opened
    const changes = () => db.prepare('SELECT count(*) AS n FROM ddb_change').get()?.n
    const before = changes()
    const write = send(engine, 'TransactWriteItems', allNew)
    const look = send(engine, 'Query', query)
    await clock.advance(15)
    expect(changes()).toBe(before)
    await clock.advance(20)
    expect(changes()).toBe(Number(before) + keys.length)
    await Promise.all([write, look])
  })

  test('is seen as a whole by its owner, and has taken effect when the engine is closed', async () => {
    await using opened = farAway({ tornReads: 1 })
    const { engine, clock } = opened
    const write = send(engine, 'TransactWriteItems', allNew)
    await clock.advance(12)
    const found = keys.map((sk) => get(engine, sk))
    expect(found).toEqual(keys.map((sk) => ({ Item: itemOf(sk, 'new') })))
    const late = send(engine, 'TransactWriteItems', {
      TransactItems: [{ Delete: { TableName, Key: keyOf('k9') } }],
    })
    await clock.advance(12)
    await engine.close()
    expect((await write).error).toBeUndefined()
    expect((await late).error).toBeUndefined()
    expect(get(engine, 'k9')).toEqual({})
  })

  test('whose answer is lost on the way takes effect all the same, and once', async () => {
    await using opened = farAway({ lostAnswers: 0.5, latencyMs: { min: 1, max: 3 } })
    const { engine, clock } = opened
    const count = (ClientRequestToken: string) => ({
      ClientRequestToken,
      TransactItems: [
        {
          Update: {
            TableName,
            Key: keyOf('counter'),
            UpdateExpression: 'ADD n :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
          },
        },
      ],
    })
    const told = new Set<string>()
    for (const token of ['a', 'b', 'c', 'd', 'e', 'f'])
      for (let error: string | undefined = 'none yet'; error !== undefined;) {
        const sent = send(engine, 'TransactWriteItems', count(token))
        await clock.advance(10)
        error = (await sent).error
        if (error !== undefined) told.add(error)
      }
    expect(told).toContain('InternalServerError')
    expect(get(engine, 'counter')).toMatchObject({ Item: { n: { N: '6' } } })
  })
})

describe('a table that is asked too much', () => {
  test('says so in each of its ways, and writes nothing', async () => {
    await using opened = farAway({ throttling: 0.5, transactionConflicts: 0.3 })
    const { engine, clock } = opened
    const writes = Array.from({ length: 60 }, (_, at) =>
      at % 2 === 0
        ? send(engine, 'PutItem', put(`n${at}`))
        : send(engine, 'TransactWriteItems', {
            TransactItems: [{ Put: put(`n${at}`) }, { Put: put(`m${at}`) }],
          }),
    )
    await clock.advance(100)
    const answers = await Promise.all(writes)
    const said = answers.flatMap(({ error = 'done', reasons }) => [error, ...reasons])
    expect([...new Set(said)].toSorted()).toEqual([
      'None',
      'ProvisionedThroughputExceededException',
      'ThrottlingError',
      'ThrottlingException',
      'TransactionCanceledException',
      'TransactionConflict',
      'TransactionConflictException',
      'done',
    ])
    for (const [at, { error }] of answers.entries())
      expect('Item' in get(engine, `n${at}`)).toBe(error === undefined)
  })

  test('is not so for its owner', async () => {
    await using opened = farAway({ throttling: 1, lostAnswers: 1 })
    expect(opened.engine.call('Scan', { TableName })).toMatchObject({ Count: 5 })
    const asked = send(opened.engine, 'Scan', { TableName })
    await opened.clock.advance(20)
    expect((await asked).error).toMatch(/^Throttling|^Provisioned/)
  })
})
