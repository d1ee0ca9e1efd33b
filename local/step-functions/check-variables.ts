/**
 * Variable names and scopes. A Parallel's branch or a Map's inside reads the variables around it and
 * assigns only its own, so a name may not be assigned both inside and around.
 */
import { maxNameCharacters } from './limits.ts'
import { isObject } from './json.ts'
import { partsOf, type VisitedScope } from './walk-definition.ts'

const variableName = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u

export function checkVariables(scopes: VisitedScope[]): string[] {
  return scopes.flatMap((scope) => {
    const around = new Set(
      scope.outer.flatMap((outer) => assignedIn(outer).map(({ name }) => name)),
    )
    return assignedIn(scope).flatMap(({ name, place }) => {
      if (around.has(name))
        return [`${place}: $${name} is already assigned in a scope around this one`]
      if (name === 'states') return [`${place}: $states is reserved`]
      if (!variableName.test(name))
        return [`${place}: ${JSON.stringify(name)} is not a variable name`]
      if (name.length > maxNameCharacters) {
        return [`${place}: the name is longer than ${maxNameCharacters} characters`]
      }
      return []
    })
  })
}

function assignedIn({ at, states }: VisitedScope): { name: string; place: string }[] {
  return states.flatMap(([stateName, state]) => {
    const place = `${at}/States/${stateName}`
    const assigns: [string, unknown][] = [[`${place}/Assign`, state.Assign]]
    for (const field of ['Choices', 'Catch']) {
      for (const [index, part] of partsOf(state, field).entries()) {
        assigns.push([`${place}/${field}/${index}/Assign`, part.Assign])
      }
    }
    return assigns.flatMap(([where, assign]) =>
      isObject(assign)
        ? Object.keys(assign).map((name) => ({ name, place: `${where}/${name}` }))
        : [],
    )
  })
}
