/**
 * How the table is written: a list of conditional changes that happen together or not at all. Every resource is
 * replaced as a whole, on the version it was read at; only counters and heartbeats move by themselves.
 */
import { randomInt } from 'node:crypto'
import {
  TransactWriteCommand,
  UpdateCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { Failure } from '../../core/contract/failures.ts'
import { clock } from './clock.ts'
import { client, table } from './dynamodb.ts'
import type { Item } from './items.ts'
import type { Key } from './keys.ts'
import { get } from './table.ts'

/**
 * `otherwise` is what to say when this change's condition does not hold. Without it somebody else was faster and the
 * decision is made again; and so it is when both happened, because the refusal may rest on what is no longer so.
 */
export type Write = { otherwise?: Failure } & (
  | { create: Item }
  | { replace: Item; was: number }
  | { remove: Key; was?: number }
  | { count: Key; add: Record<string, number>; atMost?: Record<string, number> }
  /** Changes nothing: what the other changes rest on is still as it was read. */
  | { expect: Key; was: number }
)

/** Somebody else was faster: the conditions at these places did not hold. */
export class Lost extends Error {
  readonly places: readonly number[]
  constructor(places: readonly number[]) {
    super(`Conditions ${places.join(', ')} did not hold`)
    this.name = 'Lost'
    this.places = places
  }
}

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number]

const asTransactItem = (write: Write): TransactItem => {
  const TableName = table()
  if ('create' in write)
    return {
      Put: { TableName, Item: write.create, ConditionExpression: 'attribute_not_exists(pk)' },
    }
  const versioned = {
    ConditionExpression: '#version = :was',
    ExpressionAttributeNames: { '#version': 'version' },
  }
  if ('replace' in write)
    return {
      Put: {
        TableName,
        Item: write.replace,
        ...versioned,
        ExpressionAttributeValues: { ':was': write.was },
      },
    }
  if ('remove' in write) {
    const { pk, sk } = write.remove
    const condition =
      write.was === undefined
        ? {}
        : { ...versioned, ExpressionAttributeValues: { ':was': write.was } }
    return { Delete: { TableName, Key: { pk, sk }, ...condition } }
  }
  if ('expect' in write) {
    const { pk, sk } = write.expect
    const values = { ExpressionAttributeValues: { ':was': write.was } }
    return { ConditionCheck: { TableName, Key: { pk, sk }, ...versioned, ...values } }
  }
  return { Update: { TableName, Key: write.count, ...counting(write) } }
}

/** Counters move by ADD; `atMost` holds the sum of what stands there and what is added under a bound. */
const counting = ({
  add,
  atMost = {},
}: {
  add: Record<string, number>
  atMost?: Record<string, number>
}) => {
  const names = Object.keys(add)
  const bounded = names.filter((name) => atMost[name] !== undefined)
  return {
    UpdateExpression: `ADD ${names.map((name) => `#${name} :${name}`).join(', ')}`,
    ...(bounded.length > 0 && {
      ConditionExpression: bounded
        .map((name) => `(attribute_not_exists(#${name}) OR #${name} <= :${name}Room)`)
        .join(' AND '),
    }),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries([
      ...names.map((name) => [`:${name}`, add[name]!]),
      ...bounded.map((name) => [`:${name}Room`, atMost[name]! - add[name]!]),
    ]),
  }
}

interface Refused {
  name: string
  CancellationReasons?: { Code?: string }[]
}

/** Others are writing the same items at this moment, or the table is throttled: nothing has been decided yet. */
const passing: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'TransactionConflictException',
  'TransactionInProgressException',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])
const attempts = 8

/** Sends a write again while only the crowd is in its way. */
const throughTheCrowd = async (send: () => Promise<unknown>): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      await send()
      return
    } catch (error) {
      const { name, CancellationReasons: reasons = [] } = error as Refused
      if (![name, ...reasons.map(({ Code }) => Code ?? '')].some((code) => passing.has(code)))
        throw error
      if (attempt === attempts) throw new Failure('CONFLICT')
      await clock.sleep(randomInt(5, 10 * 2 ** attempt))
    }
  }
}

/** All of `writes`, or none and `Lost` (or, where all that could not happen have one, the first `otherwise`). */
export const commit = async (writes: readonly Write[]): Promise<void> => {
  const TransactItems = writes.map(asTransactItem)
  try {
    await throughTheCrowd(() => client().send(new TransactWriteCommand({ TransactItems })))
  } catch (error) {
    const { CancellationReasons: reasons = [] } = error as Refused
    const lost = reasons.flatMap(({ Code }, at) => (Code === 'ConditionalCheckFailed' ? [at] : []))
    const refusals = lost.flatMap((at) => writes[at]?.otherwise ?? [])
    if (refusals.length < lost.length) throw new Lost(lost)
    throw refusals[0] ?? error
  }
}

/** Of so many who decide at once even the last one comes through: in each round one of them is the fastest. */
const decisions = 30

/** Reads, decides and commits again as long as somebody else was faster. */
export const untilCommitted = async <T>(decide: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await decide()
    } catch (error) {
      if (!(error instanceof Lost)) throw error
      if (attempt === decisions) throw new Failure('CONFLICT')
    }
  }
}

const placeOf = (write: Exclude<Write, { count: Key }>): Key => {
  if ('create' in write) return write.create
  if ('replace' in write) return write.replace
  return 'remove' in write ? write.remove : write.expect
}

/** Whether these changes would go through now: what `validateOnly` asks. */
export const wouldCommit = async (writes: readonly Write[]): Promise<void> => {
  for (const write of writes) {
    if ('count' in write) continue
    const { pk, sk } = placeOf(write)
    const found = await get({ pk, sk })
    const holds =
      'create' in write ? !found : write.was === undefined || found?.version === write.was
    if (!holds) throw write.otherwise ?? new Failure('CONFLICT')
  }
}

/** Sets attributes of one item without touching the others: heartbeats, markers. */
export const set = async (
  key: Key,
  fields: Record<string, unknown>,
  remove: readonly string[] = [],
): Promise<void> => {
  const names = Object.keys(fields)
  const sets =
    names.length > 0 ? `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}` : ''
  const removes = remove.length > 0 ? `REMOVE ${remove.map((name) => `#${name}`).join(', ')}` : ''
  const update = new UpdateCommand({
    TableName: table(),
    Key: key,
    UpdateExpression: `${sets} ${removes}`.trim(),
    ExpressionAttributeNames: Object.fromEntries(
      [...names, ...remove].map((name) => [`#${name}`, name]),
    ),
    ...(names.length > 0 && {
      ExpressionAttributeValues: Object.fromEntries(
        names.map((name) => [`:${name}`, fields[name]]),
      ),
    }),
  })
  await throughTheCrowd(() => client().send(update))
}

/** Adds to one counter and says what it then is. */
export const count = async (key: Key, name: string, by: number, ttl?: number): Promise<number> => {
  const { Attributes } = await client().send(
    new UpdateCommand({
      TableName: table(),
      Key: key,
      UpdateExpression: `ADD #name :by${ttl === undefined ? '' : ' SET #ttl = :ttl'}`,
      ExpressionAttributeNames: { '#name': name, ...(ttl !== undefined && { '#ttl': 'ttl' }) },
      ExpressionAttributeValues: { ':by': by, ...(ttl !== undefined && { ':ttl': ttl }) },
      ReturnValues: 'UPDATED_NEW',
    }),
  )
  return Number(Attributes?.[name])
}
