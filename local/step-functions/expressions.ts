/**
 * Evaluates the JSONata in a definition: a template is any JSON whose strings marked `{% %}` are replaced
 * by what they yield. Compiling costs far more than evaluating, so compiled expressions are kept by their
 * text. An expression that yields nothing is an error, as on the real service.
 */
import jsonata from 'jsonata'
import { StateError } from './errors.ts'
import { isExpression, sourceOf } from './expression-text.ts'
import { functionsFor, type Nature } from './functions.ts'
import { isObject, type Json, type JsonObject } from './json.ts'

/** What the expressions of a state can see: `$states`, the variables in scope, time and chance. */
export interface Sight extends Nature {
  states: JsonObject
  variables: JsonObject
}

/** No definition of ours comes near these; they end a runaway expression, which would hold everybody up. */
const guards = { timeout: 5_000, stack: 500, sequence: 1_000_000 }

const compiled = new Map<string, jsonata.Expression>()

export function compile(source: string): jsonata.Expression {
  let expression = compiled.get(source)
  if (!expression) {
    expression = jsonata(source, guards)
    compiled.set(source, expression)
  }
  return expression
}

/** Replaces every expression in a template by its value; `field` says where it stands, for the error. */
export async function evaluate(template: Json, sight: Sight, field: string): Promise<Json> {
  if (!holdsExpression(template)) return template
  const bindings = {
    ...functionsFor(sight),
    now: (picture?: string, zone?: string) => timeText(sight.now, picture, zone),
    ...sight.variables,
    states: sight.states,
  }
  return replace(template, bindings, field)
}

async function replace(
  template: Json,
  bindings: Record<string, unknown>,
  field: string,
): Promise<Json> {
  if (typeof template === 'string') {
    return isExpression(template) ? yieldOf(template, bindings, field) : template
  }
  if (Array.isArray(template)) {
    const items: Json[] = []
    for (const [index, item] of template.entries()) {
      items.push(await replace(item, bindings, `${field}[${index}]`))
    }
    return items
  }
  if (!isObject(template)) return template
  const fields: JsonObject = {}
  for (const [key, value] of Object.entries(template)) {
    fields[key] = await replace(value, bindings, `${field}/${key}`)
  }
  return fields
}

async function yieldOf(
  text: string,
  bindings: Record<string, unknown>,
  field: string,
): Promise<Json> {
  const source = sourceOf(text)
  let value: unknown
  try {
    value = await compile(source).evaluate(undefined, bindings)
  } catch (thrown) {
    const reason = isObject(thrown) || thrown instanceof Error ? String(thrown.message) : 'unknown'
    throw queryError(source, field, `threw an error: ${reason}`)
  }
  if (isObject(value) && '_jsonata_function' in value) {
    throw queryError(source, field, 'returned a function')
  }
  if (value === undefined) throw queryError(source, field, 'returned nothing (undefined)')
  try {
    return JSON.parse(JSON.stringify(value)) as Json
  } catch {
    // A function, or something that holds one.
    throw queryError(source, field, 'returned something that is not JSON')
  }
}

export function queryError(source: string, field: string, problem: string): StateError {
  return new StateError(
    'States.QueryEvaluationError',
    `The JSONata expression '${source}' specified for the field '${field}' ${problem}.`,
    field,
  )
}

async function timeText(now: number, picture?: string, zone?: string): Promise<unknown> {
  if (picture === undefined) return new Date(now).toISOString()
  return compile('$fromMillis($at, $picture, $zone)').evaluate(undefined, {
    at: now,
    picture,
    zone,
  })
}

function holdsExpression(template: Json): boolean {
  if (typeof template === 'string') return isExpression(template)
  if (typeof template !== 'object' || template === null) return false
  return Object.values(template).some(holdsExpression)
}
