/** A table as its creator declared it, and the description the service gives of it. */
import type { Item } from './attribute-values.ts'

export type KeyType = 'S' | 'N' | 'B'

export interface KeyAttribute {
  name: string
  type: KeyType
}

export interface KeySchema {
  hash: KeyAttribute
  range?: KeyAttribute
}

export interface Projection {
  type: 'ALL' | 'KEYS_ONLY' | 'INCLUDE'
  include: string[]
}

export interface GlobalIndex {
  /** Names the index's rows; unique over all tables. */
  id: number
  name: string
  key: KeySchema
  projection: Projection
}

export type StreamView = 'NEW_AND_OLD_IMAGES' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'KEYS_ONLY'

export interface TableDefinition {
  name: string
  key: KeySchema
  indexes: GlobalIndex[]
  billing: 'PAY_PER_REQUEST' | 'PROVISIONED'
  capacity?: { ReadCapacityUnits: number; WriteCapacityUnits: number }
  deletionProtection: boolean
  createdAt: number
  stream?: { view: StreamView; label: string }
  /** The attribute that holds an item's time to live, while that is on. */
  timeToLive?: string
}

export interface Table extends TableDefinition {
  id: number
}

export const indexesPerTable = 32

export function arnOf(table: TableDefinition): string {
  return `arn:aws:dynamodb:local:000000000000:table/${table.name}`
}

export function streamArnOf(table: TableDefinition): string | undefined {
  return table.stream && `${arnOf(table)}/stream/${table.stream.label}`
}

export function keyAttributes(key: KeySchema): KeyAttribute[] {
  return key.range ? [key.hash, key.range] : [key.hash]
}

/** Names of the attributes that a position in an index (or the table itself) consists of. */
export function positionAttributes(table: Table, index: GlobalIndex | undefined): KeyAttribute[] {
  const own = keyAttributes(table.key)
  if (!index) return own
  const names = new Set(own.map(({ name }) => name))
  return [...own, ...keyAttributes(index.key).filter(({ name }) => !names.has(name))]
}

/** The attributes an index keeps of each item; undefined means all. */
export function projectedNames(table: Table, index: GlobalIndex): Set<string> | undefined {
  if (index.projection.type === 'ALL') return undefined
  const keys = positionAttributes(table, index).map(({ name }) => name)
  return new Set([...keys, ...index.projection.include])
}

export function pick(item: Item, names: Iterable<string>): Item {
  const picked: Item = Object.create(null)
  for (const name of names) if (Object.hasOwn(item, name)) picked[name] = item[name]!
  return picked
}

export function describe(table: Table, contents: { items: number; bytes: number }): object {
  const provisioned = table.capacity ?? { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }
  const streamArn = streamArnOf(table)
  const definitions = new Map(
    [table.key, ...table.indexes.map(({ key }) => key)]
      .flatMap(keyAttributes)
      .map(({ name, type }) => [name, type]),
  )
  return {
    AttributeDefinitions: [...definitions].map(([AttributeName, AttributeType]) => ({
      AttributeName,
      AttributeType,
    })),
    TableName: table.name,
    TableArn: arnOf(table),
    TableStatus: 'ACTIVE',
    KeySchema: describeKey(table.key),
    CreationDateTime: table.createdAt / 1000,
    ProvisionedThroughput: { ...provisioned, NumberOfDecreasesToday: 0 },
    BillingModeSummary: { BillingMode: table.billing },
    TableSizeBytes: contents.bytes,
    ItemCount: contents.items,
    DeletionProtectionEnabled: table.deletionProtection,
    ...(table.indexes.length > 0 && {
      GlobalSecondaryIndexes: table.indexes.map((index) => describeIndex(table, index)),
    }),
    ...(table.stream && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: table.stream.view },
      LatestStreamLabel: table.stream.label,
      LatestStreamArn: streamArn,
    }),
  }
}

function describeIndex(table: Table, { name, key, projection }: GlobalIndex): object {
  return {
    IndexName: name,
    IndexArn: `${arnOf(table)}/index/${name}`,
    IndexStatus: 'ACTIVE',
    KeySchema: describeKey(key),
    Projection: {
      ProjectionType: projection.type,
      ...(projection.type === 'INCLUDE' && { NonKeyAttributes: projection.include }),
    },
    ProvisionedThroughput: {
      ReadCapacityUnits: 0,
      WriteCapacityUnits: 0,
      NumberOfDecreasesToday: 0,
    },
  }
}

function describeKey(key: KeySchema): object[] {
  return keyAttributes(key).map(({ name }, index) => ({
    AttributeName: name,
    KeyType: index === 0 ? 'HASH' : 'RANGE',
  }))
}
