/**
 * What the conformance suite talks to: some DynamoDB behind an SDK client, and what it is known to
 * lack, with the reason. What needs a lacking feature must fail there, under the reason's name: no
 * reason outlives its cause.
 */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

export type Feature =
  | 'transactions'
  | 'the item of a failed condition'
  | 'comparing whole documents'
  | 'equality of absent attributes'
  | 'removing several list elements'
  | 'order comparisons of documents refused'
  | 'indexes that do not project an attribute'

export interface Subject {
  name: string
  lacks: Partial<Record<Feature, string>>
  open(): Promise<{ client: DynamoDBClient; close: () => Promise<void> }>
}

/** What a test gets: clients, the tables and a partition nobody else uses. */
export interface Place {
  client: DynamoDBClient
  documents: DynamoDBDocumentClient
  table: string
  /** Sort keys are numbers here, and binary there. */
  numbers: string
  binary: string
  partition: string
}

export type Check = (name: string, body: (place: Place) => Promise<void>, needs?: Feature) => void

export function themeFor(subject: Subject) {
  return (theme: string, define: (check: Check) => void) => {
    describe(`${subject.name}: ${theme}`, () => {
      let opened: Awaited<ReturnType<Subject['open']>> | undefined
      let place: Place
      let partitions = 0
      beforeAll(async () => {
        opened = await subject.open()
        place = await furnish(opened.client)
      })
      afterAll(() => opened?.close())
      define((name, body, needs) => {
        const reason = needs && subject.lacks[needs]
        const [run, title] =
          reason === undefined ? [test, name] : [test.fails, `not "${name}": ${reason}`]
        run(`${title}`, async () => {
          expect.hasAssertions()
          await body({ ...place, partition: `p${++partitions}` })
        })
      })
    })
  }
}

async function furnish(client: DynamoDBClient): Promise<Place> {
  const suffix = `${process.pid}-${new Date().getTime()}`
  const names = { table: `a-${suffix}`, numbers: `n-${suffix}`, binary: `b-${suffix}` }
  await createTable(client, mainTable(names.table))
  await createTable(client, simpleTable(names.numbers, 'N'))
  await createTable(client, simpleTable(names.binary, 'B'))
  const documents = DynamoDBDocumentClient.from(client)
  return { client, documents, ...names, partition: '' }
}

async function createTable(client: DynamoDBClient, input: CreateTableCommandInput): Promise<void> {
  await client.send(new CreateTableCommand(input))
}

function simpleTable(name: string, type: 'N' | 'B'): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: type },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  }
}

/** Three indexes: everything by host, keys by state, one more attribute by weight. */
export function mainTable(name: string): CreateTableCommandInput {
  const key = (hash: string, range: string) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    { AttributeName: range, KeyType: 'RANGE' as const },
  ]
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      { AttributeName: 'host', AttributeType: 'S' },
      { AttributeName: 'shown', AttributeType: 'S' },
      { AttributeName: 'weight', AttributeType: 'N' },
    ],
    KeySchema: key('pk', 'sk'),
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-host',
        KeySchema: key('host', 'shown'),
        Projection: { ProjectionType: 'ALL' },
      },
      {
        IndexName: 'by-shown',
        KeySchema: [{ AttributeName: 'shown', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
      {
        IndexName: 'by-weight',
        KeySchema: key('pk', 'weight'),
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['note'] },
      },
    ],
  }
}

/** The error of a call that must fail. */
export async function failureOf(call: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await call
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('the call succeeded though it had to fail')
}
