/**
 * A definition as it is executed: placeholders filled in, checked for everything at once, and known by
 * the hash of its text, because an execution goes on with the definition it started with even when the
 * file has been changed meanwhile.
 */
import { createHash } from 'node:crypto'
import { checkExpressions } from './check-expressions.ts'
import { checkFlow } from './check-flow.ts'
import { checkShape } from './check-shape.ts'
import { checkStates } from './check-states.ts'
import { checkVariables } from './check-variables.ts'
import { InvalidDefinition } from './errors.ts'
import type { Json } from './json.ts'
import type { Definition, Scope, State } from './shape.ts'
import { isName } from './names.ts'
import { substitute } from './substitutions.ts'
import { scopesOf } from './walk-definition.ts'

export interface Machine {
  name: string
  hash: string
  /** The definition's text after substitution. */
  text: string
  startAt: string
  timeoutSeconds: number | undefined
  /** Every state of every scope: names are unique in the whole machine. */
  states: Map<string, State>
}

/** Checks a definition as a person wrote it and makes it executable. */
export function loadDefinition(
  name: string,
  written: object,
  substitutions: Record<string, string>,
): Machine {
  const { definition, unknown } = substitute(written, substitutions)
  const problems = unknown.map((key) => `\${${key}} is not a name this deployment knows`)
  if (!isName(name)) problems.push(`${JSON.stringify(name)} is not a name for a state machine`)
  problems.push(...check(definition))
  if (problems.length > 0) throw new InvalidDefinition(name, problems)
  return machineFrom(name, JSON.stringify(definition))
}

/** A machine from the text of a definition that was checked when it was stored. */
export function machineFrom(name: string, text: string): Machine {
  const definition = JSON.parse(text) as Definition
  return {
    name,
    hash: createHash('sha256').update(text).digest('hex'),
    text,
    startAt: definition.StartAt,
    timeoutSeconds: definition.TimeoutSeconds,
    states: new Map(statesOf(definition)),
  }
}

function check(definition: Json): string[] {
  const scopes = scopesOf(definition)
  return [
    ...checkShape(definition),
    ...checkFlow(scopes),
    ...checkStates(scopes),
    ...checkVariables(scopes),
    ...checkExpressions(definition),
  ]
}

function statesOf(scope: Scope): [string, State][] {
  return Object.entries(scope.States).flatMap(([name, state]): [string, State][] => {
    if (state.Type === 'Parallel') return [[name, state], ...state.Branches.flatMap(statesOf)]
    if (state.Type === 'Map') return [[name, state], ...statesOf(state.ItemProcessor)]
    return [[name, state]]
  })
}
