import { expect, test } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import { openEngine } from '../../test/conformance/dynamodb-endpoints.ts'
import type { StreamRecord } from './changes.ts'

const TableName = 'sessions'
const start = 1_800_000_000

function open() {
  const clock = new ManualClock(start * 1000)
  const opened = openEngine({ clock })
  const close = () => opened[Symbol.asyncDispose]()
  const { engine } = opened
  engine.call('CreateTable', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'host', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-host',
        KeySchema: [{ AttributeName: 'host', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  })
  const put = (pk: string, expires?: object) =>
    engine.call('PutItem', {
      TableName,
      Item: { pk: { S: pk }, host: { S: 'h' }, ...(expires && { expires }) },
    })
  const enable = (Enabled = true) =>
    engine.call('UpdateTimeToLive', {
      TableName,
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled },
    })
  const names = () => {
    const { Items } = engine.call('Scan', { TableName }) as { Items: { pk: { S: string } }[] }
    return Items.map(({ pk }) => pk.S)
  }
  return { clock, engine, put, enable, names, [Symbol.asyncDispose]: close }
}

test('an expired item can be read until a sweep deletes it', async () => {
  await using world = open()
  const { clock, engine, put, enable, names } = world
  put('before', { N: String(start + 5) })
  enable()
  put('soon', { N: String(start + 10) })
  put('later', { N: String(start + 100) })
  put('never')
  put('text', { S: String(start) })
  put('ancient', { N: String(start - 6 * 365 * 24 * 3600) })
  await clock.advance(10_000)
  expect(names()).toContain('soon')
  expect(engine.sweepExpired()).toBe(2)
  expect(names()).toEqual(['ancient', 'later', 'never', 'text'])
  expect(engine.sweepExpired()).toBe(0)
  expect(engine.statistics.itemsExpired).toBe(2)
  const inIndex = engine.call('Query', {
    TableName,
    IndexName: 'by-host',
    KeyConditionExpression: 'host = :h',
    ExpressionAttributeValues: { ':h': { S: 'h' } },
  })
  expect(inIndex).toMatchObject({ Count: 4 })
})

test('the stream says that the service deleted it', async () => {
  await using world = open()
  const { engine, put, enable } = world
  enable()
  put('gone', { N: String(start) })
  engine.sweepExpired()
  const seen: StreamRecord[] = []
  const stream = engine.stream(TableName, 'reader', async ({ Records }) => {
    seen.push(...Records)
  })
  await stream.idle()
  expect(seen.map(({ eventName }) => eventName)).toEqual(['INSERT', 'REMOVE'])
  expect(seen[0]).not.toHaveProperty('userIdentity')
  expect(seen[1]!.userIdentity).toEqual({
    type: 'Service',
    principalId: 'dynamodb.amazonaws.com',
  })
})

test('an item whose time is moved on or taken away stays', async () => {
  await using world = open()
  const { engine, put, enable, names } = world
  enable()
  for (const pk of ['moved', 'freed', 'gone']) put(pk, { N: String(start) })
  const update = (pk: string, UpdateExpression: string, values?: object) =>
    engine.call('UpdateItem', {
      TableName,
      Key: { pk: { S: pk } },
      UpdateExpression,
      ...(values && { ExpressionAttributeValues: values }),
    })
  update('moved', 'SET expires = expires + :n', { ':n': { N: '60' } })
  update('freed', 'REMOVE expires')
  engine.sweepExpired()
  expect(names()).toEqual(['freed', 'moved'])
})

test('nothing expires once it is switched off', async () => {
  await using world = open()
  const { engine, put, enable, names } = world
  enable()
  expect(() => enable()).toThrow('TimeToLive is already enabled')
  put('stays', { N: String(start) })
  enable(false)
  expect(() => enable(false)).toThrow('TimeToLive is already disabled')
  expect(engine.sweepExpired()).toBe(0)
  expect(names()).toEqual(['stays'])
  expect(engine.call('DescribeTimeToLive', { TableName })).toEqual({
    TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' },
  })
})

test('sweeps follow the clock until they are told to end', async () => {
  await using world = open()
  const { clock, engine, put, enable, names } = world
  enable()
  for (let n = 0; n < 250; n++) put(`many${n}`, { N: String(start + 30) })
  const ending = new AbortController()
  const sweeping = engine.keepSweeping(ending.signal, 60_000)
  expect(names()).toHaveLength(250)
  await clock.advance(60_000)
  expect(names()).toHaveLength(0)
  ending.abort()
  await sweeping
})

test('a sweep that fails ends neither the sweeping nor the process', async () => {
  await using world = open()
  const { clock, engine } = world
  const told: string[] = []
  const notes = { failed: () => void told.push('failed'), worked: () => void told.push('worked') }
  const sweep = engine.sweepExpired.bind(engine)
  let full = true
  engine.sweepExpired = () => {
    if (full) throw new Error('database or disk is full')
    return sweep()
  }
  const ending = new AbortController()
  const sweeping = engine.keepSweeping(ending.signal, 60_000, notes)
  full = false
  await clock.advance(60_000)
  expect(told).toEqual(['failed', 'worked'])
  ending.abort()
  await sweeping
})
