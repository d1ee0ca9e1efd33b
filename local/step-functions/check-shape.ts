/** Says in the words of the states language what zod found wrong with a definition's shape. */
import type * as z from 'zod'
import { machineShape } from './shape.ts'
import { isObject, type Json } from './json.ts'

const jsonPathFields = new Set([
  'InputPath',
  'OutputPath',
  'ResultPath',
  'ResultSelector',
  'Parameters',
  'Result',
  'ItemsPath',
  'SecondsPath',
  'TimestampPath',
  'TimeoutSecondsPath',
  'HeartbeatSecondsPath',
  'MaxConcurrencyPath',
  'ErrorPath',
  'CausePath',
  'Variable',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentagePath',
])

const unsupportedFields: Record<string, string> = {
  Iterator: 'the old name of ItemProcessor is not supported',
  ItemReader: 'Distributed Map is not supported',
  ItemBatcher: 'Distributed Map is not supported',
  ResultWriter: 'Distributed Map is not supported',
  Label: 'Distributed Map is not supported',
  ToleratedFailureCount: 'Distributed Map is not supported',
  ToleratedFailurePercentage: 'Distributed Map is not supported',
  Credentials: 'running a task under another role is not supported',
}

export function checkShape(definition: Json): string[] {
  const parsed = machineShape.safeParse(definition)
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => describe(issue, definition))
}

function describe(issue: z.core.$ZodIssue, definition: Json): string[] {
  const place = `/${issue.path.join('/')}`
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${place === '/' ? '' : place}/${key}: ${whyUnknown(key)}`)
  }
  if (issue.path.at(-1) === 'Mode') {
    return [`${place}: Distributed Map is not supported, only INLINE`]
  }
  if (issue.path.at(-1) === 'Type') {
    return [`${place}: unknown state type ${JSON.stringify(valueAt(definition, issue.path))}`]
  }
  if (issue.path.at(-1) === 'QueryLanguage') {
    return [`${place}: must be "JSONata": JSONPath is not supported`]
  }
  if (issue.code === 'invalid_type' && valueAt(definition, issue.path) === undefined) {
    return [`${place}: must be given`]
  }
  return [`${place}: ${issue.message}`]
}

function whyUnknown(key: string): string {
  if (jsonPathFields.has(key) || key.endsWith('.$')) {
    return 'a field of JSONPath, which is not supported'
  }
  return unsupportedFields[key] ?? 'unknown field'
}

function valueAt(definition: Json, path: PropertyKey[]): unknown {
  let value: unknown = definition
  for (const key of path) {
    value =
      isObject(value) || Array.isArray(value)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined
  }
  return value
}
