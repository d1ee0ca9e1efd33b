/** Transactions: all or none, why not, and once. */
import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import {
  GetCommand,
  PutCommand,
  TransactGetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { expect } from 'vitest'
import { failureOf } from './dynamodb-subject.ts'
import type { Check, Place } from './dynamodb-subject.ts'

type Actions = NonNullable<TransactWriteCommandInput['TransactItems']>

const write = (place: Place, TransactItems: Actions, input: object = {}) =>
  place.documents.send(new TransactWriteCommand({ TransactItems, ...input }))

const keyOf = ({ partition }: Place, sk: string) => ({ pk: partition, sk })

async function get(place: Place, sk: string) {
  const input = { TableName: place.table, Key: keyOf(place, sk) }
  return (await place.documents.send(new GetCommand(input))).Item
}

const put = (place: Place, sk: string, attributes: object = {}) => ({
  Put: { TableName: place.table, Item: { ...keyOf(place, sk), ...attributes } },
})

const mustExist = (place: Place, sk: string, input: object = {}) => ({
  ConditionCheck: {
    TableName: place.table,
    Key: keyOf(place, sk),
    ConditionExpression: 'attribute_exists(pk)',
    ...input,
  },
})

const setNumber = (place: Place, sk: string, expression: string) => ({
  Update: {
    TableName: place.table,
    Key: keyOf(place, sk),
    UpdateExpression: expression,
    ExpressionAttributeValues: { ':n': 1 },
  },
})

export function transactionTheme(checkAny: Check): void {
  const check: Check = (name, body) => checkAny(name, body, 'transactions')

  check('puts, updates, deletes and checks take effect together', async (place) => {
    const { documents, table } = place
    for (const sk of ['old', 'guard', 'counter']) {
      await documents.send(
        new PutCommand({ TableName: table, Item: { ...keyOf(place, sk), n: 1 } }),
      )
    }
    await write(place, [
      put(place, 'new'),
      setNumber(place, 'counter', 'SET n = n + :n'),
      { Delete: { TableName: table, Key: keyOf(place, 'old') } },
      mustExist(place, 'guard'),
    ])
    const { Responses } = await documents.send(
      new TransactGetCommand({
        TransactItems: ['new', 'counter', 'old', 'guard'].map((sk) => ({
          Get: { TableName: table, Key: keyOf(place, sk) },
        })),
      }),
    )
    expect(Responses!.map(({ Item }) => Item?.['n'] as unknown)).toEqual([
      undefined,
      2,
      undefined,
      1,
    ])
    expect(Responses![0]!.Item).toEqual(keyOf(place, 'new'))
    expect(Responses![2]!.Item).toBeUndefined()
  })

  check('one failed condition undoes everything and every action has its reason', async (place) => {
    await write(place, [put(place, 'there', { n: 1 })])
    const failure = await failureOf(
      write(place, [
        put(place, 'new'),
        mustExist(place, 'absent'),
        {
          Put: {
            ...put(place, 'there').Put,
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        setNumber(place, 'other', 'SET a = absent + :n'),
      ]),
    )
    expect(failure.name).toBe('TransactionCanceledException')
    expect(failure.message).toBe(
      'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError]',
    )
    expect(failure['CancellationReasons']).toMatchObject([
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      { Code: 'ConditionalCheckFailed', Item: { sk: { S: 'there' }, n: { N: '1' } } },
      { Code: 'ValidationError' },
    ])
    expect(await get(place, 'new')).toBeUndefined()
    expect(await get(place, 'other')).toBeUndefined()
  })

  check('an item may occur once', async (place) => {
    const actions = [put(place, '1'), mustExist(place, '1')]
    expect(await failureOf(write(place, actions))).toMatchObject({
      name: 'ValidationException',
      message: 'Transaction request cannot include multiple operations on one item',
    })
  })

  check('a hundred actions are taken and one more is not', async (place) => {
    const actions = Array.from({ length: 101 }, (_, n) => put(place, String(n)))
    expect((await failureOf(write(place, actions))).name).toBe('ValidationException')
    await write(place, actions.slice(0, 100))
    expect(await get(place, '99')).toBeDefined()
  })

  check('four megabytes are taken and more is not', async (place) => {
    const actions = Array.from({ length: 11 }, (_, n) =>
      put(place, String(n), { x: 'x'.repeat(400_000) }),
    )
    expect(await failureOf(write(place, actions))).toMatchObject({ name: 'ValidationException' })
    expect(await get(place, '0')).toBeUndefined()
    await write(place, actions.slice(0, 10))
    expect(await get(place, '9')).toBeDefined()
  })

  check('the same token takes effect once, and is not good for anything else', async (place) => {
    await write(place, [put(place, 'counter', { n: 0 })])
    const token = { ClientRequestToken: `token-${place.table}`.slice(0, 36) }
    const actions = [setNumber(place, 'counter', 'SET n = n + :n')]
    await write(place, actions, token)
    await write(place, actions, token)
    expect(await get(place, 'counter')).toMatchObject({ n: 1 })
    const other = [setNumber(place, 'counter', 'SET n = n - :n')]
    expect(await failureOf(write(place, other, token))).toMatchObject({
      name: 'IdempotentParameterMismatchException',
    })
  })

  check('a repetition made by the SDK itself carries the token it made', async (place) => {
    const command = new TransactWriteItemsCommand({
      TransactItems: [
        {
          Update: {
            TableName: place.table,
            Key: { pk: { S: place.partition }, sk: { S: 'c' } },
            UpdateExpression: 'ADD n :n',
            ExpressionAttributeValues: { ':n': { N: '1' } },
          },
        },
      ],
      ReturnConsumedCapacity: 'TOTAL',
    })
    const answer = await place.client.send(command)
    expect(answer.ConsumedCapacity).toMatchObject([{ TableName: place.table, CapacityUnits: 2 }])
    expect(await get(place, 'c')).toMatchObject({ n: 1 })
  })

  check('a condition check without a condition is refused', async (place) => {
    const actions = [mustExist(place, '1', { ConditionExpression: undefined })]
    expect((await failureOf(write(place, actions as Actions))).name).toBe('ValidationException')
  })
}
