/**
 * Random sequences of writes and queries, made of what dynalite supports, give the same answers,
 * failures and final items in the embedded DynamoDB and in dynalite, which share only the grammar.
 */
import {
  CreateTableCommand,
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dynalite, embedded } from './dynamodb-endpoints.ts'
import { mainTable } from './dynamodb-subject.ts'

type Opened = Awaited<ReturnType<typeof embedded.open>>

const TableName = 'random'
let ours: Opened
let theirs: Opened
let partitions = 0

beforeAll(async () => {
  ours = await embedded.open()
  theirs = await dynalite.open()
  for (const { client } of [ours, theirs]) {
    await client.send(new CreateTableCommand(mainTable(TableName)))
  }
})

afterAll(async () => {
  await ours.close()
  await theirs.close()
})

const number = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.constantFrom('0.1', '-0.1', '1e2', '100.00', '12345678901234567890', '0.0000000001'),
)
const word = fc.constantFrom('a', 'ab', 'abc', 'b', 'é', '🙂')
const attributes = fc.record(
  {
    n: number.map((N) => ({ N })),
    word: word.map((S) => ({ S })),
    host: word.map((S) => ({ S })),
    shown: word.map((S) => ({ S })),
    weight: number.map((N) => ({ N })),
    tags: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }).map((SS) => ({ SS })),
    elements: fc.array(number, { maxLength: 3 }).map((all) => ({ L: all.map((N) => ({ N })) })),
    deep: fc.record({ n: number.map((N) => ({ N })) }).map((M) => ({ M })),
  },
  { requiredKeys: [] },
)
const sortKey = fc.constantFrom('1', '10', 'x')

/** Expressions with the values they need: `:n` a number, `:w` and `:v` words, `:t` a set, `:l` a list. */
const conditions = fc.constantFrom(
  'attribute_exists(pk)',
  'attribute_not_exists(pk)',
  'attribute_exists(deep.n) OR attribute_not_exists(n)',
  'n = :n',
  'n <> :n',
  'n < :n AND attribute_exists(word)',
  'NOT (n >= :n OR word = :w)',
  'n IN (:n, :w)',
  'word BETWEEN :v AND :w',
  'begins_with(word, :w)',
  'contains(tags, :w)',
  'contains(elements, :n)',
  'size(tags) > :n',
  'attribute_type(deep, :w)',
  'word > shown',
  'deep.n = :n',
  'elements[0] = :n',
  'tags = :t',
)
const updates = fc.constantFrom(
  'SET n = :n',
  'SET n = n + :n',
  'SET n = if_not_exists(n, :n) - :n, word = :w',
  'SET deep.n = :n',
  'SET deep = :m',
  'SET elements = list_append(elements, :l)',
  'SET elements[1] = :n',
  'SET host = :w, shown = word',
  'SET word = n',
  'REMOVE n, host',
  'REMOVE elements[0]',
  'REMOVE deep.n',
  'ADD n :n',
  'ADD n :n, tags :t',
  'ADD deep.n :n',
  'DELETE tags :t',
  'SET word = :w REMOVE shown ADD n :n DELETE tags :t',
  'SET weight = :w',
  'SET sk = :w',
)
const values = fc.record({
  ':n': number.map((N) => ({ N })),
  ':w': word.map((S) => ({ S })),
  ':v': word.map((S) => ({ S })),
  ':t': fc.uniqueArray(word, { minLength: 1, maxLength: 2 }).map((SS) => ({ SS })),
  ':l': fc.array(number, { maxLength: 2 }).map((all) => ({ L: all.map((N) => ({ N })) })),
  ':m': number.map((N) => ({ M: { n: { N } } })),
})
const keyConditions = fc.constantFrom(
  { IndexName: undefined, KeyConditionExpression: 'pk = :p' },
  { IndexName: undefined, KeyConditionExpression: 'pk = :p AND sk > :s' },
  { IndexName: undefined, KeyConditionExpression: 'pk = :p AND begins_with(sk, :s)' },
  { IndexName: undefined, KeyConditionExpression: 'pk = :p AND sk BETWEEN :s AND :z' },
  { IndexName: 'by-weight', KeyConditionExpression: 'pk = :p' },
  { IndexName: 'by-weight', KeyConditionExpression: 'pk = :p AND weight < :n' },
  { IndexName: 'by-weight', KeyConditionExpression: 'pk = :p AND weight >= :n' },
)

const step = fc.oneof(
  fc.record({ kind: fc.constant('put'), sk: sortKey, attributes }),
  fc.record({
    kind: fc.constant('put if'),
    sk: sortKey,
    attributes,
    condition: conditions,
    values,
  }),
  fc.record({ kind: fc.constant('delete if'), sk: sortKey, condition: conditions, values }),
  fc.record({ kind: fc.constant('update'), sk: sortKey, update: updates, values }),
  fc.record({
    kind: fc.constant('update if'),
    sk: sortKey,
    update: updates,
    condition: conditions,
    values,
  }),
  fc.record({
    kind: fc.constant('query'),
    sk: sortKey,
    where: keyConditions,
    filter: fc.option(fc.constantFrom('n > :n', 'contains(tags, :w)', 'attribute_exists(deep.n)')),
    forward: fc.boolean(),
    limit: fc.option(fc.integer({ min: 1, max: 3 })),
    values,
  }),
)

type Step = Partial<{
  kind: string
  sk: string
  attributes: Record<string, AttributeValue>
  condition: string
  update: string
  where: { IndexName: string | undefined; KeyConditionExpression: string }
  filter: string | null
  forward: boolean
  limit: number | null
  values: Record<string, AttributeValue>
}>

function used(given: Step['values'], ...expressions: (string | null | undefined)[]) {
  const entries = Object.entries(given ?? {}).filter(([name]) =>
    expressions.some((expression) => expression?.includes(name)),
  )
  return entries.length > 0 ? { ExpressionAttributeValues: Object.fromEntries(entries) } : {}
}

function send(client: DynamoDBClient, partition: string, s: Step): Promise<unknown> {
  const pk = { S: partition }
  const Key = { pk, sk: { S: s.sk! } }
  const condition = s.condition === undefined ? {} : { ConditionExpression: s.condition }
  const expressions = { ...condition, ...used(s.values, s.condition, s.update) }
  if (s.update !== undefined) {
    const UpdateExpression = s.update
    const input = { TableName, Key, UpdateExpression, ReturnValues: 'ALL_NEW' as const }
    return client.send(new UpdateItemCommand({ ...input, ...expressions }))
  }
  if (s.where) {
    const all = { ...s.values!, ':p': pk, ':s': { S: s.sk! }, ':z': { S: '🙂🙂' } }
    return client.send(
      new QueryCommand({
        TableName,
        ...s.where,
        ScanIndexForward: s.forward!,
        ...(s.filter && { FilterExpression: s.filter }),
        // Where keys of an index are equal, the order is nobody's promise, nor is the end of a page.
        ...(s.limit && !s.where.IndexName && { Limit: s.limit }),
        ...used(all, s.where.KeyConditionExpression, s.filter),
      }),
    )
  }
  const input = { TableName, ReturnValues: 'ALL_OLD' as const, ...expressions }
  if (!s.attributes) return client.send(new DeleteItemCommand({ ...input, Key }))
  return client.send(new PutItemCommand({ ...input, Item: { ...s.attributes, ...Key } }))
}

/** An answer or failure without what may differ: metadata, the order of sets and of equal index keys. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    const { $metadata: _, ...answer } = (await call) as Record<string, unknown>
    return JSON.parse(
      JSON.stringify(answer, (name, value: unknown) => settle(name, value)),
    ) as unknown
  } catch (error) {
    const { name, message } = error as Error
    return { name, message }
  }
}

function settle(name: string, value: unknown): unknown {
  if (name === 'SS' || name === 'NS') return (value as string[]).toSorted()
  if (name !== 'Items') return value
  const items = value as Record<string, AttributeValue>[]
  return {
    weights: items.map(({ weight }) => weight?.N),
    items: items.toSorted((a, b) => (a['sk']!.S! < b['sk']!.S! ? -1 : 1)),
  }
}

test('the embedded DynamoDB and dynalite agree on random sequences', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const partition = `random-${++partitions}`
      const last: Step = {
        kind: 'query',
        sk: '1',
        where: { IndexName: undefined, KeyConditionExpression: 'pk = :p' },
        forward: true,
      }
      for (const s of [...(steps as Step[]), { ...last, values: {} }]) {
        const [mine, other] = await Promise.all([
          outcome(send(ours.client, partition, s)),
          outcome(send(theirs.client, partition, s)),
        ])
        expect({ step: s, outcome: mine }).toEqual({ step: s, outcome: other })
      }
    }),
    { numRuns: 80, seed: 20260101 },
  )
})
