/** The names and values a request hands to its expressions, checked before any expression is read. */
import { isRecord, normaliseValue } from './attribute-values.ts'
import type { AttributeValue } from './attribute-values.ts'
import { invalid, malformed } from './errors.ts'
import type { Values } from './expression-trees.ts'

export function checkNames(names: unknown): Record<string, string> {
  if (names == null) return {}
  if (!isRecord(names)) throw malformed('ExpressionAttributeNames is no map')
  if (Object.keys(names).length === 0) throw invalid('ExpressionAttributeNames must not be empty')
  for (const [key, name] of Object.entries(names)) {
    checkPlaceholder('ExpressionAttributeNames', /^#[0-9a-zA-Z_]+$/, key)
    if (typeof name !== 'string') throw malformed('ExpressionAttributeNames holds no text')
    if (name === '') {
      throw invalid(
        `ExpressionAttributeNames contains invalid value: The expression attribute name must not be empty; key: "${key}"`,
      )
    }
  }
  return names as Record<string, string>
}

export function checkValues(values: unknown): Values {
  if (values == null) return {}
  if (!isRecord(values)) throw malformed('ExpressionAttributeValues is no map')
  if (Object.keys(values).length === 0) throw invalid('ExpressionAttributeValues must not be empty')
  const checked: Record<string, AttributeValue> = {}
  for (const key of Object.keys(values)) {
    checkPlaceholder('ExpressionAttributeValues', /^:[0-9a-zA-Z_]+$/, key)
    try {
      checked[key] = normaliseValue(values[key])
    } catch (error) {
      const { name, message } = error as Error
      if (name !== 'ValidationException') throw error
      throw invalid(`ExpressionAttributeValues contains invalid value: ${message} for key ${key}`)
    }
  }
  return checked
}

function checkPlaceholder(where: string, syntax: RegExp, key: string): void {
  if (!syntax.test(key)) throw invalid(`${where} contains invalid key: Syntax error; key: "${key}"`)
}
