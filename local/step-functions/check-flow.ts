/** Where a definition leads: every target exists, every state can be reached and goes on or ends, names are unique. */
import { maxNameCharacters } from './limits.ts'
import { partsOf, type VisitedScope } from './walk-definition.ts'

const ending = new Set(['Succeed', 'Fail'])

export function checkFlow(scopes: VisitedScope[]): string[] {
  return [...scopes.flatMap(checkScope), ...checkNames(scopes)]
}

function checkScope({ at, scope, states }: VisitedScope): string[] {
  const names = new Set(states.map(([name]) => name))
  const problems: string[] = []
  const reached = new Set<string>()
  const target = (place: string, name: unknown) => {
    if (typeof name !== 'string') return
    reached.add(name)
    if (!names.has(name)) problems.push(`${place}: there is no state ${JSON.stringify(name)} here`)
  }
  target(`${at}/StartAt`, scope.StartAt)
  let ends = false
  for (const [name, state] of states) {
    const place = `${at}/States/${name}`
    ends ||= state.End === true || ending.has(String(state.Type))
    problems.push(...checkWayOn(place, state))
    target(`${place}/Next`, state.Next)
    target(`${place}/Default`, state.Default)
    for (const field of ['Choices', 'Catch']) {
      for (const [index, part] of partsOf(state, field).entries()) {
        target(`${place}/${field}/${index}/Next`, part.Next)
      }
    }
  }
  for (const name of names) {
    if (!reached.has(name)) problems.push(`${at}/States/${name}: nothing leads to this state`)
  }
  if (names.size === 0) problems.push(`${at}/States: must hold at least one state`)
  else if (!ends) problems.push(`${at}/States: no state ends this`)
  return problems
}

function checkWayOn(place: string, state: Record<string, unknown>): string[] {
  if (state.Type === 'Choice' || ending.has(String(state.Type))) return []
  const ways = Number(state.Next !== undefined) + Number(state.End !== undefined)
  return ways === 1 ? [] : [`${place}: must have either Next or End`]
}

function checkNames(scopes: VisitedScope[]): string[] {
  const seen = new Map<string, string>()
  return scopes.flatMap(({ at, states }) =>
    states.flatMap(([name]) => {
      const problems: string[] = []
      const place = `${at}/States/${name}`
      const other = seen.get(name)
      if (other) problems.push(`${place}: the name is already used at ${other}`)
      seen.set(name, place)
      if (name.length > maxNameCharacters) {
        problems.push(`${place}: the name is longer than ${maxNameCharacters} characters`)
      }
      return problems
    }),
  )
}
