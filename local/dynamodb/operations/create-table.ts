/** CreateTable: ours is active at once. Local indexes and other features we do not use are refused. */
import { DynamoDbError, invalid, invalidValue } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Operation } from '../operation.ts'
import {
  checkParameters,
  flag,
  list,
  map,
  oneOf,
  requiredList,
  requiredMap,
  requiredText,
  text,
} from '../parameters.ts'
import { describe, indexesPerTable } from '../table.ts'
import type {
  GlobalIndex,
  KeySchema,
  KeyType,
  Projection,
  StreamView,
  TableDefinition,
} from '../table.ts'

interface CreateTableInput {
  TableName: string
  AttributeDefinitions: unknown[]
  KeySchema: unknown[]
  GlobalSecondaryIndexes?: unknown[]
  BillingMode?: 'PAY_PER_REQUEST' | 'PROVISIONED'
  ProvisionedThroughput?: { ReadCapacityUnits: number; WriteCapacityUnits: number }
  StreamSpecification?: { StreamEnabled: boolean; StreamViewType?: StreamView }
  DeletionProtectionEnabled?: boolean
}

const views = ['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY']

export const createTable: Operation<CreateTableInput> = {
  parameters: {
    TableName: requiredText,
    AttributeDefinitions: requiredList,
    KeySchema: requiredList,
    GlobalSecondaryIndexes: list,
    BillingMode: oneOf('PROVISIONED', 'PAY_PER_REQUEST'),
    ProvisionedThroughput: map,
    StreamSpecification: map,
    DeletionProtectionEnabled: flag,
  },
  writes: true,
  run({ catalogue, clock }, input) {
    const types = attributeTypes(input.AttributeDefinitions)
    const key = keySchema(input.KeySchema, types)
    const indexes = (input.GlobalSecondaryIndexes ?? []).map((index) => globalIndex(index, types))
    checkIndexes(indexes, input.GlobalSecondaryIndexes)
    checkAllUsed(types, key, indexes)
    checkBilling(input)
    const now = clock.now()
    const stream = streamOf(input, now)
    if (catalogue.find(input.TableName)) {
      throw new DynamoDbError('ResourceInUseException', `Table already exists: ${input.TableName}`)
    }
    const define = (id: number): TableDefinition => ({
      name: input.TableName,
      key,
      indexes: indexes.map((index, n) => ({ ...index, id: id * indexesPerTable + n })),
      billing: input.BillingMode ?? 'PROVISIONED',
      ...(input.ProvisionedThroughput && { capacity: input.ProvisionedThroughput }),
      deletionProtection: input.DeletionProtectionEnabled === true,
      createdAt: now,
      ...(stream && { stream }),
    })
    return { TableDescription: describe(catalogue.add(define), { items: 0, bytes: 0 }) }
  },
}

function attributeTypes(definitions: unknown[]): Map<string, KeyType> {
  return new Map(
    definitions.map((definition) => {
      checkParameters('AttributeDefinitions', definition, {
        AttributeName: requiredText,
        AttributeType: { ...oneOf('B', 'N', 'S'), required: true },
      })
      const { AttributeName, AttributeType } = definition as {
        AttributeName: string
        AttributeType: KeyType
      }
      return [AttributeName, AttributeType]
    }),
  )
}

function keySchema(elements: unknown[], types: Map<string, KeyType>): KeySchema {
  if (elements.length < 1 || elements.length > 2) {
    throw invalid('1 validation error detected: keySchema must have one or two members')
  }
  const [hash, range] = elements.map((element, position) => {
    checkParameters('KeySchema', element, {
      AttributeName: requiredText,
      KeyType: { ...oneOf('HASH', 'RANGE'), required: true },
    })
    const { AttributeName: name, KeyType } = element as { AttributeName: string; KeyType: string }
    const wanted = position === 0 ? 'HASH' : 'RANGE'
    if (KeyType !== wanted) {
      const which = position === 0 ? 'first' : 'second'
      throw invalid(`Invalid KeySchema: The ${which} KeySchemaElement is not a ${wanted} key type`)
    }
    const type = types.get(name)
    if (!type) {
      throw invalidValue(
        `Some index key attributes are not defined in AttributeDefinitions. Keys: [${name}], AttributeDefinitions: [${[...types.keys()].join(', ')}]`,
      )
    }
    return { name, type }
  })
  if (hash!.name === range?.name) {
    throw invalid('Both the Hash Key and the Range Key element in the KeySchema have the same name')
  }
  return range ? { hash: hash!, range } : { hash: hash! }
}

function globalIndex(index: unknown, types: Map<string, KeyType>): Omit<GlobalIndex, 'id'> {
  checkParameters('GlobalSecondaryIndexes', index, {
    IndexName: requiredText,
    KeySchema: requiredList,
    Projection: requiredMap,
    ProvisionedThroughput: map,
  })
  const { IndexName, KeySchema, Projection } = index as {
    IndexName: string
    KeySchema: unknown[]
    Projection: { ProjectionType?: Projection['type']; NonKeyAttributes?: string[] }
  }
  checkParameters('Projection', Projection, {
    ProjectionType: oneOf('ALL', 'INCLUDE', 'KEYS_ONLY'),
    NonKeyAttributes: list,
  })
  const type = Projection.ProjectionType
  const include = Projection.NonKeyAttributes ?? []
  if (!type) throw invalidValue('Unknown ProjectionType: null')
  if ((type === 'INCLUDE') !== include.length > 0) {
    throw invalidValue(
      type === 'INCLUDE'
        ? 'ProjectionType is INCLUDE, but NonKeyAttributes is not specified'
        : `ProjectionType is ${type}, but NonKeyAttributes is specified`,
    )
  }
  return { name: IndexName, key: keySchema(KeySchema, types), projection: { type, include } }
}

function checkIndexes(indexes: Omit<GlobalIndex, 'id'>[], given: unknown[] | undefined): void {
  if (given?.length === 0) throw invalidValue('List of GlobalSecondaryIndexes is empty')
  if (indexes.length > limits.globalIndexes) {
    throw invalidValue('GlobalSecondaryIndex count exceeds the per-table limit of 20')
  }
  const names = indexes.map(({ name }) => name)
  const duplicate = names.find((name, position) => names.indexOf(name) !== position)
  if (duplicate !== undefined) throw invalidValue(`Duplicate index name: ${duplicate}`)
}

function checkAllUsed(
  types: Map<string, KeyType>,
  key: KeySchema,
  indexes: Omit<GlobalIndex, 'id'>[],
): void {
  const schemas = [key, ...indexes.map((index) => index.key)]
  const used = new Set(schemas.flatMap(({ hash, range }) => [hash.name, range?.name]))
  if ([...types.keys()].every((name) => used.has(name))) return
  throw invalidValue(
    indexes.length === 0
      ? 'Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions'
      : `Some AttributeDefinitions are not used. AttributeDefinitions: [${[...types.keys()].join(', ')}], keys used: [${[...used].join(', ')}]`,
  )
}

function checkBilling({ BillingMode, ProvisionedThroughput }: CreateTableInput): void {
  if (BillingMode === 'PAY_PER_REQUEST') {
    if (!ProvisionedThroughput) return
    throw invalidValue(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    )
  }
  if (ProvisionedThroughput) return
  throw invalidValue(
    'ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
  )
}

function streamOf(
  { StreamSpecification }: CreateTableInput,
  now: number,
): TableDefinition['stream'] {
  if (!StreamSpecification) return undefined
  checkParameters('StreamSpecification', StreamSpecification, {
    StreamEnabled: { ...flag, required: true },
    StreamViewType: text,
  })
  const { StreamEnabled, StreamViewType } = StreamSpecification
  if (!StreamEnabled) return undefined
  if (!StreamViewType || !views.includes(StreamViewType)) {
    throw invalidValue(
      `StreamViewType must be one of [${views.join(', ')}] when StreamEnabled is true`,
    )
  }
  return { view: StreamViewType, label: new Date(now).toISOString().slice(0, -1) }
}
