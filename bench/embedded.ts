/**
 * What the embedded services do in a second, and whether they slow down as the table grows. Ours writes every change to
 * a file and waits for the disk before it answers; dynalite, asked in turns over loopback, keeps everything in memory.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb'
import { systemClock } from '../core/clock.ts'
import { StepFunctionsEngine } from '../local/step-functions/engine.ts'
import { dynalite, embedded } from '../test/conformance/dynamodb-endpoints.ts'
import type { Bench, BenchContext, Figure, Figures } from './bench.ts'
import { compare, rate, type Spread } from './measure.ts'

const TableName = 'bench'
const filler = 'x'.repeat(600)
const itemOf = (n: number) => ({
  pk: `P#${n % 97}`,
  sk: `I#${n}`,
  version: 1,
  name: `item ${n}`,
  filler,
})

class Subject {
  readonly #client: DynamoDBDocumentClient
  #next = 1_000_000

  constructor(client: DynamoDBClient) {
    this.#client = DynamoDBDocumentClient.from(client)
  }

  createTable() {
    const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const })
    return this.#client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [attribute('pk'), attribute('sk')],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    )
  }

  async fill(from: number, to: number, signal: AbortSignal) {
    for (let n = from; n < to; n += 25) {
      signal.throwIfAborted()
      const batch = Array.from({ length: Math.min(25, to - n) }, (_, at) => itemOf(n + at))
      const puts = batch.map((Item) => ({ PutRequest: { Item } }))
      await this.#client.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts } }))
    }
  }

  put = () => {
    const Item = itemOf(this.#next++)
    const ConditionExpression = 'attribute_not_exists(pk)'
    return this.#client.send(new PutCommand({ TableName, Item, ConditionExpression }))
  }

  get = () => {
    const { pk, sk } = itemOf(Math.floor(Math.random() * 1000))
    return this.#client.send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true }))
  }

  transact = () => {
    const puts = [0, 1, 2].map(() => ({ Put: { TableName, Item: itemOf(this.#next++) } }))
    return this.#client.send(new TransactWriteCommand({ TransactItems: puts }))
  }
}

const perSecond = (value: number): Figure => ({ value, unit: 'per second', better: 'more' })
const ratio = (value: number, better: Figure['better'] = 'less'): Figure => ({
  value,
  unit: '×',
  better,
})

/** How many times as long dynalite takes for the same, pair by pair. */
const beside = async (
  ours: () => unknown,
  theirs: () => unknown,
  times: number,
  signal: AbortSignal,
) => ratio(inverse((await compare(ours, theirs, { times, warmUp: 20, signal })).ratio), 'more')
const inverse = ({ median }: Spread) => 1 / median

const tables = async (context: BenchContext): Promise<Figures> => {
  const { signal } = context
  const [few, many] = [1000, context.size(100_000, 5000)]
  const times = context.size(600, 150)
  const [openedOurs, openedTheirs] = await Promise.all([embedded.open(), dynalite.open()])
  const [ours, theirs] = [new Subject(openedOurs.client), new Subject(openedTheirs.client)]
  for (const subject of [ours, theirs]) {
    await subject.createTable()
    await subject.fill(0, few, signal)
  }
  const rates = async () => ({
    put: await rate(ours.put, { times, signal }),
    get: await rate(ours.get, { times: times * 2, signal }),
    transact: await rate(ours.transact, { times, signal }),
  })
  const small = await rates()
  const figures: Figures = {
    'puts per second': perSecond(small.put),
    'gets per second': perSecond(small.get),
    'transactions of 3 per second': perSecond(small.transact),
    'dynalite puts per second': perSecond(await rate(theirs.put, { times, signal })),
    'dynalite gets per second': perSecond(await rate(theirs.get, { times, signal })),
    'put, times as fast as dynalite': await beside(ours.put, theirs.put, times / 2, signal),
    'get, times as fast as dynalite': await beside(ours.get, theirs.get, times / 2, signal),
  }
  context.say(`growing from ${few} to ${many} items`)
  await ours.fill(few, many, signal)
  const large = await rates()
  await openedOurs.close()
  await openedTheirs.close()
  return {
    ...figures,
    [`puts at ${many} over at ${few} items`]: ratio(large.put / small.put, 'more'),
    [`gets at ${many} over at ${few} items`]: ratio(large.get / small.get, 'more'),
    [`transactions at ${many} over at ${few} items`]: ratio(
      large.transact / small.transact,
      'more',
    ),
  }
}

/** Four states: one decides, two call a function, one ends. */
const machine = {
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  States: {
    Begin: { Type: 'Pass', Assign: { n: '{% $states.input.n %}' }, Next: 'First' },
    First: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: '${Echo}', Payload: { n: '{% $n %}' } },
      Next: 'Odd',
    },
    Odd: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $n % 2 = 1 %}', Next: 'Second' }],
      Default: 'Second',
    },
    Second: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: '${Echo}', Payload: { n: '{% $n %}' } },
      End: true,
    },
  },
}

const executions = async (context: BenchContext): Promise<number> => {
  const directory = mkdtempSync(join(tmpdir(), 'novacron-bench-'))
  const db = new DatabaseSync(join(directory, 'bench.sqlite'))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const engine = new StepFunctionsEngine({
    db,
    clock: systemClock,
    random: Math.random,
    invoke: async (_name, payload) => payload,
  })
  engine.define('four', machine, { Echo: 'echo' })
  engine.start()
  let n = 0
  const begin = () =>
    engine.call('StartExecution', {
      stateMachineArn: 'arn:aws:states:local:000000000000:stateMachine:four',
      name: `e-${n}`,
      input: JSON.stringify({ n: n++ }),
    })
  const run = async (times: number) => {
    await Promise.all(Array.from({ length: times }, begin))
    await engine.idle()
  }
  await run(20)
  const times = context.size(500, 100)
  const found = await rate(() => run(times), { times: 1, warmUp: 0, signal: context.signal })
  await engine.close()
  db.close()
  rmSync(directory, { recursive: true })
  return found * times
}

export const bench: Bench = {
  name: 'embedded',
  question:
    'What do the embedded DynamoDB and Step Functions do in a second, and does growth slow them?',
  runs: { full: 3, quick: 2 },
  run: async (context) => ({
    ...(await tables(context)),
    'four-state executions per second': perSecond(await executions(context)),
  }),
}
