/** Visits every scope and every state of a definition that may still be wrong anywhere, for the checks. */
import { isObject } from './json.ts'

export interface VisitedScope {
  at: string
  scope: Record<string, unknown>
  states: [name: string, state: Record<string, unknown>][]
  /** The scopes around this one, outermost first. */
  outer: VisitedScope[]
}

export function scopesOf(definition: unknown, at = '', outer: VisitedScope[] = []): VisitedScope[] {
  if (!isObject(definition) || !isObject(definition.States)) return []
  const states = Object.entries(definition.States).filter(
    (entry): entry is [string, Record<string, unknown>] => isObject(entry[1]),
  )
  const here = { at, scope: definition, states, outer }
  const inner = states.flatMap(([name, state]) => {
    const place = `${at}/States/${name}`
    const branches = Array.isArray(state.Branches) ? (state.Branches as unknown[]) : []
    return [
      ...branches.flatMap((branch, index) =>
        scopesOf(branch, `${place}/Branches/${index}`, [...outer, here]),
      ),
      ...scopesOf(state.ItemProcessor, `${place}/ItemProcessor`, [...outer, here]),
    ]
  })
  return [here, ...inner]
}

/** A list inside a state (its Choices, Retry, Catch), leaving out what is not an object. */
export function partsOf(state: Record<string, unknown>, field: string): Record<string, unknown>[] {
  const parts = state[field]
  return Array.isArray(parts) ? parts.filter(isObject) : []
}
