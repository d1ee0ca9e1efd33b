/** Put, update and delete: what they change, what they answer, when they refuse. */
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { expect } from 'vitest'
import { failureOf } from './dynamodb-subject.ts'
import type { Check, Place } from './dynamodb-subject.ts'

const keyOf = ({ partition }: Place, sk = '1') => ({ pk: partition, sk })

async function put(place: Place, attributes: object = {}, sk = '1'): Promise<void> {
  const Item = { ...keyOf(place, sk), ...attributes }
  await place.documents.send(new PutCommand({ TableName: place.table, Item }))
}

async function get(place: Place, sk = '1') {
  const input = { TableName: place.table, Key: keyOf(place, sk), ConsistentRead: true }
  return (await place.documents.send(new GetCommand(input))).Item
}

async function update(place: Place, input: Partial<UpdateCommandInput>) {
  const whole = { TableName: place.table, Key: keyOf(place), ...input }
  return (await place.documents.send(new UpdateCommand(whole))).Attributes
}

export function putTheme(check: Check): void {
  check('what is put is got, whatever its type', async (place) => {
    const attributes = {
      text: 'grüß 🙂',
      empty: '',
      number: -12.5,
      yes: true,
      nothing: null,
      bytes: Uint8Array.of(0, 255, 1),
      list: [1, 'two', [3, { four: 5 }]],
      map: { a: { b: { c: [] } }, length: 3 },
      constructor: 'a name that objects inherit',
      strings: new Set(['a', 'b']),
      numbers: new Set([1, 2.5]),
    }
    await put(place, attributes)
    expect(await get(place)).toEqual({ ...keyOf(place), ...attributes })
  })

  check('a put replaces the whole item and can show the old one', async (place) => {
    await put(place, { a: 1, b: 2 })
    const answer = await place.documents.send(
      new PutCommand({
        TableName: place.table,
        Item: { ...keyOf(place), c: 3 },
        ReturnValues: 'ALL_OLD',
      }),
    )
    expect(answer.Attributes).toEqual({ ...keyOf(place), a: 1, b: 2 })
    expect(await get(place)).toEqual({ ...keyOf(place), c: 3 })
  })

  check('only the first of two creators wins', async (place) => {
    const create = (owner: string) =>
      place.documents.send(
        new PutCommand({
          TableName: place.table,
          Item: { ...keyOf(place), owner_name: owner },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      )
    await create('first')
    expect(await failureOf(create('second'))).toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
    })
    expect(await get(place)).toMatchObject({ owner_name: 'first' })
  })

  check(
    'a failed condition shows the item when asked to',
    async (place) => {
      await put(place, { version: 7 })
      const failure = await failureOf(
        place.documents.send(
          new PutCommand({
            TableName: place.table,
            Item: keyOf(place),
            ConditionExpression: 'version = :v',
            ExpressionAttributeValues: { ':v': 6 },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        ),
      )
      expect(failure['Item']).toEqual({
        pk: { S: place.partition },
        sk: { S: '1' },
        version: { N: '7' },
      })
    },
    'the item of a failed condition',
  )

  check('an item of 400 kB is taken and one byte more is not', async (place) => {
    const room = 400 * 1024 - 'pk'.length - 'sk'.length - place.partition.length - 1 - 'x'.length
    await put(place, { x: 'x'.repeat(room) })
    expect(await failureOf(put(place, { x: 'x'.repeat(room + 1) }))).toMatchObject({
      name: 'ValidationException',
      message: 'Item size has exceeded the maximum allowed size',
    })
  })

  const badItems: [string, object, string][] = [
    ['without its sort key', { pk: 'p' }, 'Missing the key sk in the item'],
    [
      'with a key of another type',
      { pk: 'p', sk: 1 },
      'Type mismatch for key sk expected: S actual: N',
    ],
    ['with an empty key', { pk: 'p', sk: '' }, 'cannot contain an empty string value. Key: sk'],
    ['with a key of 1025 bytes', { pk: 'p', sk: 'x'.repeat(1025) }, '1024 bytes'],
    ['with a partition key of 2049 bytes', { pk: 'x'.repeat(2049), sk: '1' }, '2048 bytes'],
    [
      'with an index attribute of another type',
      { pk: 'p', sk: '1', weight: 'heavy' },
      'Type mismatch for Index Key weight Expected: N Actual: S IndexName: by-weight',
    ],
  ]
  for (const [what, Item, message] of badItems) {
    check(`an item ${what} is refused`, async ({ documents, table }) => {
      const failure = await failureOf(documents.send(new PutCommand({ TableName: table, Item })))
      expect(failure.name).toBe('ValidationException')
      expect(failure.message).toContain(message)
    })
  }

  check('a table that is not there is named as missing', async ({ documents }) => {
    const call = documents.send(new PutCommand({ TableName: 'absent', Item: { pk: '1' } }))
    expect(await failureOf(call)).toMatchObject({ name: 'ResourceNotFoundException' })
  })
}

export function updateTheme(check: Check): void {
  check('an update makes an item that was not there', async (place) => {
    await update(place, {
      UpdateExpression: 'SET a = :one ADD hits :one, tags :tags',
      ExpressionAttributeValues: { ':one': 1, ':tags': new Set(['x']) },
    })
    expect(await get(place)).toEqual({ ...keyOf(place), a: 1, hits: 1, tags: new Set(['x']) })
  })

  check('sums and differences are exact to 38 digits', async (place) => {
    await put(place, { a: 1 })
    const big = { N: '12345678901234567890123456789012345678' }
    const { UpdateItemCommand } = await import('@aws-sdk/client-dynamodb')
    const { Attributes } = await place.client.send(
      new UpdateItemCommand({
        TableName: place.table,
        Key: { pk: { S: place.partition }, sk: { S: '1' } },
        UpdateExpression: 'SET b = :big - a, c = :small + a',
        ExpressionAttributeValues: { ':big': big, ':small': { N: '0.10' } },
        ReturnValues: 'UPDATED_NEW',
      }),
    )
    expect(Attributes).toEqual({
      b: { N: '12345678901234567890123456789012345677' },
      c: { N: '1.1' },
    })
  })

  check('every operand is read from the item as it was', async (place) => {
    await put(place, { a: 1, b: 2 })
    const input = { UpdateExpression: 'SET a = b, b = a', ReturnValues: 'ALL_NEW' } as const
    expect(await update(place, input)).toMatchObject({ a: 2, b: 1 })
  })

  check('nested paths, lists and defaults are set', async (place) => {
    await put(place, { map: { core: { n: 1 } }, list: ['a', 'b'] })
    const after = await update(place, {
      UpdateExpression:
        'SET #m.core.n = #m.core.n + :one, #l[1] = :x, fresh = if_not_exists(fresh, :x), more = list_append(#l, :list)',
      ExpressionAttributeNames: { '#m': 'map', '#l': 'list' },
      ExpressionAttributeValues: { ':one': 1, ':x': 'x', ':list': ['z'] },
      ReturnValues: 'ALL_NEW',
    })
    expect(after).toMatchObject({
      map: { core: { n: 2 } },
      list: ['a', 'x'],
      fresh: 'x',
      more: ['a', 'b', 'z'],
    })
  })

  check('an element set past the end is appended', async (place) => {
    await put(place, { elements: ['a'] })
    const input = {
      UpdateExpression: 'SET elements[9] = :x',
      ExpressionAttributeValues: { ':x': 'x' },
    }
    await update(place, input)
    expect(await get(place)).toMatchObject({ elements: ['a', 'x'] })
  })

  check(
    'several elements set past the end are appended in the order of their indices',
    async (place) => {
      await put(place, { elements: ['a'] })
      await update(place, {
        UpdateExpression: 'SET elements[9] = :y, elements[4] = :x',
        ExpressionAttributeValues: { ':x': 'x', ':y': 'y' },
      })
      expect(await get(place)).toMatchObject({ elements: ['a', 'x', 'y'] })
    },
  )

  check('attributes and elements are removed', async (place) => {
    await put(place, { a: 1, b: { c: 2, d: 3 }, elements: [1, 2, 3] })
    await update(place, { UpdateExpression: 'REMOVE a, b.c, elements[1], absent' })
    expect(await get(place)).toEqual({ ...keyOf(place), b: { d: 3 }, elements: [1, 3] })
  })

  check(
    'removing several elements of a list means the elements that were there',
    async (place) => {
      await put(place, { elements: [0, 1, 2, 3] })
      await update(place, { UpdateExpression: 'REMOVE elements[0], elements[2]' })
      expect(await get(place)).toMatchObject({ elements: [1, 3] })
    },
    'removing several list elements',
  )

  check('sets grow and shrink, and vanish when empty', async (place) => {
    await put(place, { kept: new Set([1, 2]), gone: new Set(['a']) })
    await update(place, {
      UpdateExpression: 'ADD kept :more DELETE gone :all, absent :all',
      ExpressionAttributeValues: { ':more': new Set([2, 3]), ':all': new Set(['a', 'b']) },
    })
    expect(await get(place)).toEqual({ ...keyOf(place), kept: new Set([1, 2, 3]) })
  })

  const shown: [UpdateCommandInput['ReturnValues'], object | undefined][] = [
    ['NONE', undefined],
    ['ALL_OLD', { sk: '1', n: 1, extra: 2 }],
    ['UPDATED_OLD', { n: 1 }],
    ['ALL_NEW', { sk: '1', n: 5, extra: 2, fresh: 5 }],
    ['UPDATED_NEW', { n: 5, fresh: 5 }],
  ]
  for (const [ReturnValues, expected] of shown) {
    check(`an update answers with ${ReturnValues}`, async (place) => {
      await put(place, { n: 1, extra: 2 })
      const answer = await update(place, {
        UpdateExpression: 'SET n = :n, fresh = :n',
        ExpressionAttributeValues: { ':n': 5 },
        ReturnValues,
      })
      const { pk: _, ...rest } = answer ?? {}
      expect(answer && rest).toEqual(expected)
    })
  }

  const refused: [string, Partial<UpdateCommandInput>, string][] = [
    [
      'to a key',
      { UpdateExpression: 'SET sk = :x', ExpressionAttributeValues: { ':x': 'x' } },
      'Cannot update attribute sk. This attribute is part of the key',
    ],
    [
      'that adds a number to a text',
      { UpdateExpression: 'ADD word :n', ExpressionAttributeValues: { ':n': 1 } },
      'An operand in the update expression has an incorrect data type',
    ],
    [
      'that reads an absent attribute',
      { UpdateExpression: 'SET a = absent' },
      'The provided expression refers to an attribute that does not exist in the item',
    ],
    [
      'into a document that is not there',
      { UpdateExpression: 'SET absent.a = :x', ExpressionAttributeValues: { ':x': 'x' } },
      'The document path provided in the update expression is invalid for update',
    ],
    [
      'of overlapping paths',
      {
        UpdateExpression: 'SET a = :x, a.b = :x',
        ExpressionAttributeValues: { ':x': 'x' },
      },
      'Two document paths overlap with each other',
    ],
    [
      'of an index attribute to another type',
      { UpdateExpression: 'SET weight = :x', ExpressionAttributeValues: { ':x': 'x' } },
      'Type mismatch for Index Key weight Expected: N Actual: S',
    ],
  ]
  for (const [what, input, message] of refused) {
    check(`an update ${what} is refused and changes nothing`, async (place) => {
      await put(place, { word: 'text' })
      const failure = await failureOf(update(place, input))
      expect(failure.name).toBe('ValidationException')
      expect(failure.message).toContain(message)
      expect(await get(place)).toEqual({ ...keyOf(place), word: 'text' })
    })
  }
}

export function deleteTheme(check: Check): void {
  const remove = (place: Place, input: object = {}) =>
    place.documents.send(new DeleteCommand({ TableName: place.table, Key: keyOf(place), ...input }))

  check('a delete removes the item and can show it', async (place) => {
    await put(place, { a: 1 })
    const { Attributes } = await remove(place, { ReturnValues: 'ALL_OLD' })
    expect(Attributes).toEqual({ ...keyOf(place), a: 1 })
    expect(await get(place)).toBeUndefined()
  })

  check('deleting what is not there succeeds', async (place) => {
    expect((await remove(place, { ReturnValues: 'ALL_OLD' })).Attributes).toBeUndefined()
  })

  check('a delete obeys its condition', async (place) => {
    await put(place, { version: 2 })
    const condition = {
      ConditionExpression: 'version = :v',
      ExpressionAttributeValues: { ':v': 1 },
    }
    const failure = await failureOf(remove(place, condition))
    expect(failure.name).toBe('ConditionalCheckFailedException')
    expect(await get(place)).toBeDefined()
  })

  check('a key with an attribute too many is refused', async (place) => {
    const failure = await failureOf(remove(place, { Key: { ...keyOf(place), more: 1 } }))
    expect(failure).toMatchObject({
      name: 'ValidationException',
      message: 'The provided key element does not match the schema',
    })
  })
}
