/** Query: order, ranges, pages, indexes, and what is refused. */
import { PutItemCommand, QueryCommand as WireQuery } from '@aws-sdk/client-dynamodb'
import {
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { expect } from 'vitest'
import { fill, query } from './dynamodb-partition.ts'
import { failureOf } from './dynamodb-subject.ts'
import type { Check, Place } from './dynamodb-subject.ts'

async function sortKeys(place: Place, input: Partial<QueryCommandInput> = {}) {
  return (await query(place, input)).Items!.map(({ sk }) => sk as string)
}

const letters = ['a', 'ab', 'abc', 'b', 'B', 'é', '🙂', 'ￛ']
const inOrder = ['B', 'a', 'ab', 'abc', 'b', 'é', 'ￛ', '🙂']

export function queryTheme(check: Check): void {
  check('texts come in the order of their UTF-8 bytes', async (place) => {
    await fill(
      place,
      letters.map((sk) => ({ sk })),
    )
    expect(await sortKeys(place)).toEqual(inOrder)
    expect(await sortKeys(place, { ScanIndexForward: false })).toEqual(inOrder.toReversed())
  })

  const ranges: [string, object, string[]][] = [
    ['sk = :a', { ':a': 'ab' }, ['ab']],
    ['sk < :a', { ':a': 'ab' }, ['B', 'a']],
    ['sk <= :a', { ':a': 'ab' }, ['B', 'a', 'ab']],
    ['sk > :a', { ':a': 'abc' }, ['b', 'é', 'ￛ', '🙂']],
    ['sk >= :a', { ':a': 'b' }, ['b', 'é', 'ￛ', '🙂']],
    ['sk BETWEEN :a AND :b', { ':a': 'a', ':b': 'abc' }, ['a', 'ab', 'abc']],
    ['begins_with(sk, :a)', { ':a': 'a' }, ['a', 'ab', 'abc']],
    ['begins_with(sk, :a)', { ':a': 'zzz' }, []],
    [':a > sk', { ':a': 'ab' }, ['B', 'a']],
  ]
  for (const [condition, values, expected] of ranges) {
    check(`${condition} with ${JSON.stringify(values)} finds its range`, async (place) => {
      await fill(
        place,
        letters.map((sk) => ({ sk })),
      )
      const found = await sortKeys(place, {
        KeyConditionExpression: `pk = :p AND ${condition}`,
        ExpressionAttributeValues: values,
      })
      expect(found).toEqual(expected)
    })
  }

  check(
    'numbers sort as numbers, to the last of 38 digits',
    async ({ client, numbers, partition }) => {
      const sorted = [
        '-99999999999999999999999999999999999999000',
        '-1.01',
        '-1',
        '-0.001',
        '0',
        '0.0000000000000000000000000000000000000001',
        '0.5',
        '9',
        '10',
        '99999999999999999999999999999999999998',
        '99999999999999999999999999999999999999',
      ]
      for (const N of sorted.toReversed()) {
        const Item = { pk: { S: partition }, sk: { N } }
        await client.send(new PutItemCommand({ TableName: numbers, Item }))
      }
      const { Items } = await client.send(
        new WireQuery({
          TableName: numbers,
          KeyConditionExpression: 'pk = :p',
          ExpressionAttributeValues: { ':p': { S: partition } },
        }),
      )
      expect(Items!.map(({ sk }) => sk!.N)).toEqual(sorted)
    },
  )

  check('binary keys sort bytewise', async ({ documents, binary, partition }) => {
    const sorted = [[0], [0, 0], [1, 255], [127], [128], [255], [255, 0]]
    for (const bytes of sorted.toReversed()) {
      const Item = { pk: partition, sk: Uint8Array.from(bytes) }
      await documents.send(new PutCommand({ TableName: binary, Item }))
    }
    const found = async (condition: string, bytes: number[]) => {
      const { Items } = await documents.send(
        new QueryCommand({
          TableName: binary,
          KeyConditionExpression: `pk = :p AND ${condition}`,
          ExpressionAttributeValues: { ':p': partition, ':s': Uint8Array.from(bytes) },
        }),
      )
      return Items!.map(({ sk }) => [...(sk as Uint8Array)])
    }
    expect(await found('sk >= :s', [0, 0])).toEqual(sorted.slice(1))
    expect(await found('begins_with(sk, :s)', [255])).toEqual([[255], [255, 0]])
    expect(await found('begins_with(sk, :s)', [1, 255])).toEqual([[1, 255]])
  })

  check('a filter drops items after they were counted as scanned', async (place) => {
    await fill(
      place,
      [1, 2, 3, 4, 5].map((n) => ({ sk: String(n), n })),
    )
    const answer = await query(place, {
      FilterExpression: 'n > :three',
      ExpressionAttributeValues: { ':three': 3 },
      Limit: 4,
    })
    expect(answer).toMatchObject({ Count: 1, ScannedCount: 4 })
    expect(answer.LastEvaluatedKey).toEqual({ pk: place.partition, sk: '4' })
  })

  check('pages join without a gap, in both directions', async (place) => {
    const all = Array.from({ length: 23 }, (_, n) => String(n).padStart(3, '0'))
    await fill(
      place,
      all.map((sk) => ({ sk })),
    )
    for (const forward of [true, false]) {
      const seen: string[] = []
      let start: Record<string, unknown> | undefined
      do {
        const page = await query(place, {
          Limit: 5,
          ScanIndexForward: forward,
          ...(start && { ExclusiveStartKey: start }),
        })
        seen.push(...page.Items!.map(({ sk }) => sk as string))
        start = page.LastEvaluatedKey
      } while (start)
      expect(seen).toEqual(forward ? all : all.toReversed())
    }
  })

  check('pages stay within their range, in both directions', async (place) => {
    await fill(
      place,
      Array.from({ length: 9 }, (_, n) => ({ sk: String(n) })),
    )
    const within = {
      KeyConditionExpression: 'pk = :p AND sk BETWEEN :low AND :high',
      ExpressionAttributeValues: { ':low': '2', ':high': '6' },
    }
    const from = (sk: string) => ({ ExclusiveStartKey: { pk: place.partition, sk } })
    expect(await sortKeys(place, { ...within, ...from('4') })).toEqual(['5', '6'])
    const back = { ...within, ...from('4'), ScanIndexForward: false }
    expect(await sortKeys(place, back)).toEqual(['3', '2'])
  })

  check('a page ends at a megabyte', async (place) => {
    const items = [1, 2, 3, 4].map((n) => ({ sk: String(n), x: 'x'.repeat(399_000) }))
    for (const item of items) await fill(place, [item])
    const first = await query(place)
    expect(first.Items).toHaveLength(3)
    const rest = await query(place, { ExclusiveStartKey: first.LastEvaluatedKey! })
    expect(rest.Items).toHaveLength(1)
    expect(rest.LastEvaluatedKey).toBeUndefined()
  })

  check('only a count is given when only a count is asked for', async (place) => {
    await fill(place, [{ sk: '1' }, { sk: '2' }])
    const answer = await query(place, { Select: 'COUNT' })
    expect(answer).toMatchObject({ Count: 2, ScannedCount: 2 })
    expect(answer.Items).toBeUndefined()
  })

  const refused: [string, Partial<QueryCommandInput>, string][] = [
    [
      'sk = :p',
      { KeyConditionExpression: 'sk = :p' },
      'Query condition missed key schema element: pk',
    ],
    ['pk > :p', { KeyConditionExpression: 'pk > :p' }, 'Query key condition not supported'],
    [
      'OR',
      { KeyConditionExpression: 'pk = :p OR sk = :p' },
      'Invalid operator used in KeyConditionExpression: OR',
    ],
    [
      'a condition on something else',
      { KeyConditionExpression: 'pk = :p AND n = :p' },
      'Query condition missed key schema element: sk',
    ],
    [
      'two conditions on a key',
      { KeyConditionExpression: 'pk = :p AND sk > :p AND sk < :p' },
      'KeyConditionExpressions must only contain one condition per key',
    ],
    [
      'a filter on a key',
      { FilterExpression: 'sk = :p' },
      'Filter Expression can only contain non-primary key attributes: Primary key attribute: sk',
    ],
    [
      'a start in another partition',
      { ExclusiveStartKey: { pk: 'elsewhere', sk: '1' } },
      'The provided starting key is outside query boundaries based on provided conditions',
    ],
    ['half a start', { ExclusiveStartKey: { pk: 'p' } }, 'The provided starting key is invalid'],
    [
      'a start outside the range',
      {
        KeyConditionExpression: 'pk = :p AND begins_with(sk, :p)',
        ExclusiveStartKey: { pk: 'p', sk: 'zzz' },
      },
      'The provided starting key does not match the range key predicate',
    ],
    [
      'an index that is not there',
      { IndexName: 'absent' },
      'The table does not have the specified index: absent',
    ],
    ['a limit of nothing', { Limit: 0 }, 'Member must have value greater than or equal to 1'],
  ]
  for (const [what, input, message] of refused) {
    check(`a query by ${what} is refused`, async (place) => {
      const failure = await failureOf(query(place, input))
      expect(failure.name).toBe('ValidationException')
      expect(failure.message).toContain(message)
    })
  }
}

export function indexTheme(check: Check): void {
  const byHost = (place: Place, input: Partial<QueryCommandInput> = {}) =>
    query(place, { IndexName: 'by-host', KeyConditionExpression: 'host = :p', ...input })

  check(
    'an index holds just the items that have its attributes, and follows them',
    async (place) => {
      const host = place.partition
      await fill(place, [
        { sk: '1', host, shown: 'b' },
        { sk: '2', host, shown: 'a' },
        { sk: '3', host },
      ])
      expect((await byHost(place)).Items!.map(({ sk }) => sk as string)).toEqual(['2', '1'])
      const change = (sk: string, UpdateExpression: string, values?: object) =>
        place.documents.send(
          new UpdateCommand({
            TableName: place.table,
            Key: { pk: place.partition, sk },
            UpdateExpression,
            ...(values && { ExpressionAttributeValues: { ...values } }),
          }),
        )
      await change('1', 'REMOVE shown')
      await change('3', 'SET shown = :s', { ':s': 'z' })
      await change('2', 'SET shown = :s', { ':s': 'zz' })
      expect((await byHost(place)).Items!.map(({ sk }) => sk as string)).toEqual(['3', '2'])
    },
  )

  check(
    'pages of an index carry the keys of both, and join even where its keys are equal',
    async (place) => {
      const host = place.partition
      await fill(
        place,
        Array.from({ length: 9 }, (_, n) => ({ sk: String(n), host, shown: 'same' })),
      )
      const first = await byHost(place, { Limit: 4 })
      const last = first.Items!.at(-1)!
      expect(first.LastEvaluatedKey).toEqual({ pk: host, sk: last['sk'], host, shown: 'same' })
      const rest = await byHost(place, { ExclusiveStartKey: first.LastEvaluatedKey! })
      const seen = [...first.Items!, ...rest.Items!].map(({ sk }) => sk as string)
      expect(seen.toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8'])
    },
  )

  check('an index shows what it projects', async (place) => {
    await fill(place, [{ sk: '1', shown: place.partition, weight: 3, note: 'n', extra: 'e' }])
    const { Items: keys } = await query(place, {
      IndexName: 'by-shown',
      KeyConditionExpression: 'shown = :p',
    })
    expect(keys).toEqual([{ pk: place.partition, sk: '1', shown: place.partition }])
    const { Items: included } = await query(place, {
      IndexName: 'by-weight',
      KeyConditionExpression: 'pk = :p AND weight > :w',
      ExpressionAttributeValues: { ':w': 2 },
    })
    expect(included).toEqual([{ pk: place.partition, sk: '1', weight: 3, note: 'n' }])
  })

  check('an index is never read consistently', async (place) => {
    expect(await failureOf(byHost(place, { ConsistentRead: true }))).toMatchObject({
      name: 'ValidationException',
      message: 'Consistent reads are not supported on global secondary indexes',
    })
  })

  check('all attributes cannot be had from an index that lacks them', async (place) => {
    const failure = await failureOf(
      query(place, {
        IndexName: 'by-shown',
        KeyConditionExpression: 'shown = :p',
        Select: 'ALL_ATTRIBUTES',
      }),
    )
    expect(failure.message).toContain('its projection type is not ALL')
  })

  check(
    'a single attribute cannot be had from an index that lacks it',
    async (place) => {
      const failure = await failureOf(
        query(place, {
          IndexName: 'by-shown',
          KeyConditionExpression: 'shown = :p',
          ProjectionExpression: 'extra',
        }),
      )
      expect(failure.message).toContain('does not project [extra]')
    },
    'indexes that do not project an attribute',
  )
}
