/**
 * Keys as bytes that SQLite compares as DynamoDB compares keys: strings as UTF-8, numbers by their
 * order-preserving encoding, binary as it is. A part that a schema lacks is the empty blob.
 */
import { attributeOf, typeOf } from './attribute-values.ts'
import type { AttributeValue, Item } from './attribute-values.ts'
import { invalid, invalidValue } from './errors.ts'
import { limits } from './limits.ts'
import { encodeNumber } from './numbers.ts'
import { keyAttributes } from './table.ts'
import type { GlobalIndex, KeyAttribute, KeySchema, KeyType, Table } from './table.ts'

export interface EncodedKey {
  hash: Uint8Array
  range: Uint8Array
}

const none = new Uint8Array(0)

export function encodePart(value: AttributeValue, type: KeyType): Uint8Array {
  if (type === 'S') return Buffer.from(value.S!)
  if (type === 'N') return encodeNumber(value.N!)
  return Buffer.from(value.B!, 'base64')
}

/** The key of a whole item, which must have it and may have more. */
export function keyOfItem(table: Table, item: Item): EncodedKey {
  for (const { name, type } of keyAttributes(table.key)) {
    const value = attributeOf(item, name)
    if (!value) throw invalidValue(`Missing the key ${name} in the item`)
    if (value[type] === undefined) {
      throw invalidValue(`Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`)
    }
  }
  return encode(table.key, item)
}

/** A key given as such: exactly the key's attributes. */
export function keyOf(table: Table, key: Item): EncodedKey {
  const schema = keyAttributes(table.key)
  const fits =
    Object.keys(key).length === schema.length &&
    schema.every(({ name, type }) => attributeOf(key, name)?.[type] !== undefined)
  if (!fits) throw invalid('The provided key element does not match the schema')
  return encode(table.key, key)
}

function encode({ hash, range }: KeySchema, item: Item): EncodedKey {
  return {
    hash: checkPart(item, hash, limits.hashKeyBytes),
    range: range ? checkPart(item, range, limits.rangeKeyBytes) : none,
  }
}

function checkPart(item: Item, { name, type }: KeyAttribute, maximum: number): Uint8Array {
  const bytes = encodePart(item[name]!, type)
  if (bytes.length === 0) {
    throw invalid(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type === 'S' ? 'string' : 'binary'} value. Key: ${name}`,
    )
  }
  checkLength(bytes, maximum)
  return bytes
}

export function checkLength(bytes: Uint8Array, maximum: number): void {
  if (bytes.length <= maximum) return
  throw invalidValue(
    maximum === limits.hashKeyBytes
      ? `Size of hashkey has exceeded the maximum size limit of${maximum} bytes`
      : `Aggregated size of all range keys has exceeded the size limit of ${maximum} bytes`,
  )
}

/** An item's key in an index; undefined when it lacks an attribute and so is not in the index. */
export function indexKeyOf(index: GlobalIndex, item: Item): EncodedKey | undefined {
  const { hash, range } = index.key
  const hashValue = attributeOf(item, hash.name)
  const rangeValue = range && attributeOf(item, range.name)
  if (!hashValue || (range && !rangeValue)) return undefined
  return {
    hash: encodePart(hashValue, hash.type),
    range: range ? encodePart(rangeValue!, range.type) : none,
  }
}

/** Refuses an item whose index attributes are there but of a kind the index cannot hold. */
export function checkIndexKeys(table: Table, item: Item, mismatch: MismatchMessage): void {
  for (const index of table.indexes) {
    keyAttributes(index.key).forEach(({ name, type }, position) => {
      const value = attributeOf(item, name)
      if (!value) return
      if (value[type] === undefined) throw mismatch(name, type, typeOf(value), index.name)
      const bytes = encodePart(value, type)
      if (bytes.length === 0) {
        throw invalid(
          `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${type === 'S' ? 'string' : 'binary'} value. IndexName: ${index.name}, IndexKey: ${name}`,
        )
      }
      checkLength(bytes, position === 0 ? limits.hashKeyBytes : limits.rangeKeyBytes)
    })
  }
}

export type MismatchMessage = (
  name: string,
  expected: string,
  actual: string,
  index: string,
) => Error

export const indexKeyMismatch: MismatchMessage = (name, expected, actual, index) =>
  invalidValue(
    `Type mismatch for Index Key ${name} Expected: ${expected} Actual: ${actual} IndexName: ${index}`,
  )

/** The smallest byte string greater than every one that starts with `prefix`; none if all are 0xff. */
export function successorOfPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let end = prefix.length
  while (end > 0 && prefix[end - 1] === 0xff) end--
  if (end === 0) return undefined
  const successor = Uint8Array.from(prefix.subarray(0, end))
  successor[end - 1]!++
  return successor
}
