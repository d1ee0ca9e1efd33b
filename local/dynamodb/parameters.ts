/**
 * Which parameters an operation takes. A parameter we do not implement is refused by name instead of
 * being ignored: what is ignored at home would act on AWS.
 */
import { isRecord } from './attribute-values.ts'
import { invalid, malformed } from './errors.ts'

type Shape = 'string' | 'boolean' | 'integer' | 'map' | 'list' | readonly string[]

export interface Parameter {
  shape: Shape
  required?: true
  minimum?: number
}

export type Parameters = Readonly<Record<string, Parameter>>

const legacy = new Set([
  'AttributesToGet',
  'AttributeUpdates',
  'ConditionalOperator',
  'Expected',
  'KeyConditions',
  'QueryFilter',
  'ScanFilter',
])

export const text: Parameter = { shape: 'string' }
export const flag: Parameter = { shape: 'boolean' }
export const map: Parameter = { shape: 'map' }
export const list: Parameter = { shape: 'list' }
export const requiredText: Parameter = { shape: 'string', required: true }
export const requiredMap: Parameter = { shape: 'map', required: true }
export const requiredList: Parameter = { shape: 'list', required: true }
export const positive: Parameter = { shape: 'integer', minimum: 1 }

export function oneOf(...names: string[]): Parameter {
  return { shape: names }
}

export const returnConsumedCapacity = oneOf('INDEXES', 'TOTAL', 'NONE')
export const expressionNamesAndValues = {
  ExpressionAttributeNames: map,
  ExpressionAttributeValues: map,
} as const

const tableName = /^[a-zA-Z0-9_.-]{3,255}$/

/** Refuses an input that does not fit; `where` names the place in messages. */
export function checkParameters(where: string, input: unknown, parameters: Parameters): void {
  if (!isRecord(input)) throw malformed('Start of structure or map expected')
  for (const name of Object.keys(input)) {
    if (parameters[name] || input[name] == null) continue
    const kind = legacy.has(name) ? 'legacy parameter' : 'parameter'
    throw invalid(`The embedded DynamoDB does not support the ${kind} ${name} of ${where}`)
  }
  const faults: string[] = []
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = input[name]
    const place = name.charAt(0).toLowerCase() + name.slice(1)
    if (value == null) {
      if (parameter.required) faults.push(fault(null, place, 'Member must not be null'))
    } else {
      checkShape(value, parameter, place, faults)
      if (name === 'TableName' && !tableName.test(String(value))) {
        faults.push(
          fault(
            value,
            place,
            'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]{3,255}',
          ),
        )
      }
    }
  }
  if (faults.length > 0) {
    const count = `${faults.length} validation error${faults.length > 1 ? 's' : ''}`
    throw invalid(`${count} detected: ${faults.join('; ')}`)
  }
}

function fault(value: unknown, place: string, constraint: string): string {
  const shown = value === null ? 'null' : `'${String(value)}'`
  return `Value ${shown} at '${place}' failed to satisfy constraint: ${constraint}`
}

function checkShape(value: unknown, parameter: Parameter, place: string, faults: string[]): void {
  const { shape, minimum } = parameter
  const fits =
    typeof shape !== 'string'
      ? typeof value === 'string'
      : shape === 'map'
        ? isRecord(value)
        : shape === 'list'
          ? Array.isArray(value)
          : shape === 'integer'
            ? Number.isInteger(value)
            : typeof value === shape
  if (!fits) {
    const wanted = typeof shape === 'string' ? shape : 'string'
    throw malformed(`${place}: ${Array.isArray(value) ? 'list' : typeof value} is no ${wanted}`)
  }
  if (typeof shape !== 'string' && !shape.includes(value as string)) {
    faults.push(fault(value, place, `Member must satisfy enum value set: [${shape.join(', ')}]`))
  }
  if (minimum !== undefined && (value as number) < minimum) {
    faults.push(fault(value, place, `Member must have value greater than or equal to ${minimum}`))
  }
}
