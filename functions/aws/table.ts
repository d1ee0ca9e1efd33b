/** How the table is read: strongly consistent by key, and in pages of a partition. There is no scan. */
import { BatchGetCommand, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { Failure } from '../../core/contract/failures.ts'
import { client, table } from './dynamodb.ts'
import { resourceOf, type Item } from './items.ts'
import type { Key } from './keys.ts'

export const get = async (key: Key): Promise<Item | undefined> => {
  const { Item } = await client().send(
    new GetCommand({ TableName: table(), Key: key, ConsistentRead: true }),
  )
  return Item as Item | undefined
}

/** The resource at `key` of that tenant, or NOT_FOUND: a foreign one is as absent as one that never was. */
export const load = async <T extends { tenantId?: string }>(
  key: Key,
  expected: { resource: string; id: string; tenantId: string },
): Promise<T> => {
  const item = await get(key)
  const owner = (item?.is === 'tenant' ? item.id : item?.tenantId) as string | undefined
  if (item && owner === expected.tenantId) return resourceOf<T>(item)
  const { resource, id } = expected
  throw new Failure('NOT_FOUND', undefined, { resource, id })
}

export const getMany = async (keys: readonly Key[]): Promise<Item[]> => {
  if (keys.length === 0) return []
  const found: Item[] = []
  for (let from = 0; from < keys.length; from += 100) {
    let wanted: Record<string, unknown>[] = keys.slice(from, from + 100).map((key) => ({ ...key }))
    while (wanted.length > 0) {
      const { Responses, UnprocessedKeys } = await client().send(
        new BatchGetCommand({
          RequestItems: { [table()]: { Keys: wanted, ConsistentRead: true } },
        }),
      )
      found.push(...((Responses?.[table()] ?? []) as Item[]))
      wanted = UnprocessedKeys?.[table()]?.Keys ?? []
    }
  }
  return found
}

export interface Range {
  partition: string
  index?: 'gsi1'
  /** Sort keys beyond this one. */
  after?: string
  /** Sort keys up to this one. */
  upTo?: string
  limit: number
  /** Only these attributes (and the key): for partitions of which much is read and little is needed. */
  only?: readonly string[]
}

/** At most `limit` items in the order of their sort keys; `more` when there may be others behind them. */
export const query = async (range: Range): Promise<{ items: Item[]; more: boolean }> => {
  const prefix = range.index ?? ''
  const conditions = ['#pk = :pk']
  if (range.after !== undefined) conditions.push('#sk > :after')
  if (range.upTo !== undefined && range.after === undefined) conditions.push('#sk <= :upTo')
  const { Items, LastEvaluatedKey } = await client().send(
    new QueryCommand({
      TableName: table(),
      ...(range.index ? { IndexName: range.index } : { ConsistentRead: true }),
      KeyConditionExpression: conditions.join(' AND '),
      ...(range.only && {
        ProjectionExpression: ['sk', ...range.only].map((name) => `#${name}`).join(', '),
      }),
      ExpressionAttributeNames: {
        '#pk': `${prefix}pk`,
        ...((conditions.length > 1 || range.only) && { '#sk': `${prefix}sk` }),
        ...Object.fromEntries((range.only ?? []).map((name) => [`#${name}`, name])),
      },
      ExpressionAttributeValues: {
        ':pk': range.partition,
        ...(range.after !== undefined && { ':after': range.after }),
        ...(range.upTo !== undefined && range.after === undefined && { ':upTo': range.upTo }),
      },
      Limit: range.limit,
    }),
  )
  return { items: (Items ?? []) as Item[], more: LastEvaluatedKey !== undefined }
}

/** Every item of a partition; for partitions whose size the design bounds (hosts, watchers, a mailbox). */
export const queryAll = async (partition: string, only?: readonly string[]): Promise<Item[]> => {
  const all: Item[] = []
  for (;;) {
    const last = all.at(-1)
    const after = last && { after: last.sk }
    const page = await query({ partition, limit: 1000, ...after, ...(only && { only }) })
    all.push(...page.items)
    if (!page.more) return all
  }
}
