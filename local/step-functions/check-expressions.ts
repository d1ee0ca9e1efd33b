/** Every JSONata expression of a definition compiles, is marked as a whole, and calls nothing that is refused. */
import type jsonata from 'jsonata'
import { isExpression, isHalfExpression, sourceOf } from './expression-text.ts'
import { compile } from './expressions.ts'
import { refusedFunctions } from './functions.ts'
import { isObject, type Json } from './json.ts'

export function checkExpressions(node: Json, place = ''): string[] {
  if (typeof node === 'string') return checkText(node, place)
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) => checkExpressions(value, `${place}/${key}`))
}

function checkText(text: string, place: string): string[] {
  if (isHalfExpression(text)) {
    return [`${place}: an expression starts with {% and ends with %}, with nothing around them`]
  }
  if (!isExpression(text)) return []
  try {
    const names = variablesIn(compile(sourceOf(text)).ast())
    return refusedFunctions
      .filter((name) => names.has(name))
      .map((name) => `${place}: $${name} is not supported`)
  } catch (thrown) {
    const reason = isObject(thrown) || thrown instanceof Error ? String(thrown.message) : 'unknown'
    return [`${place}: not valid JSONata: ${reason}`]
  }
}

/** The names of all variables (functions are variables too) that an expression mentions. */
function variablesIn(ast: jsonata.ExprNode): Set<string> {
  const names = new Set<string>()
  const walk = (node: unknown) => {
    if (Array.isArray(node)) node.forEach(walk)
    if (!isObject(node)) return
    if (node.type === 'variable' && typeof node.value === 'string') names.add(node.value)
    Object.values(node).forEach(walk)
  }
  walk(ast)
  return names
}
