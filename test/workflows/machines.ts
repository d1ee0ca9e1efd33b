/**
 * The state machines as the tests see them: found by listing the directory, so that a new one is rehearsed without
 * being named anywhere; each with its Task states and the errors that their Retry and Catch know by name.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { partsOf, scopesOf } from '../../local/step-functions/walk-definition.ts'

export const statemachines = join(import.meta.dirname, '../../statemachines')
const suffix = '.asl.json'

export interface TaskOf {
  state: string
  /** Waits for a host's report, not for its function's answer. */
  waits: boolean
  /** The names its Retry and Catch list, without the States.… that mean several. */
  errors: string[]
  /** Where it goes when nothing that it catches by name has happened. */
  givesUpTo: string | undefined
  retry: Record<string, unknown>[]
  definition: Record<string, unknown>
}

export interface Machine {
  name: string
  definition: Record<string, unknown>
  tasks: TaskOf[]
}

const catchesAll = ({ ErrorEquals }: Record<string, unknown>) =>
  String(ErrorEquals) === 'States.ALL'

const taskOf = (state: string, definition: Record<string, unknown>): TaskOf => {
  const retry = partsOf(definition, 'Retry')
  const handlers = [...retry, ...partsOf(definition, 'Catch')]
  const named = handlers.flatMap(({ ErrorEquals }) => ErrorEquals as string[])
  return {
    state,
    waits: String(definition.Resource).endsWith('.waitForTaskToken'),
    errors: [...new Set(named)].filter((name) => !name.startsWith('States.')),
    givesUpTo: partsOf(definition, 'Catch').find(catchesAll)?.Next as string | undefined,
    retry,
    definition,
  }
}

const read = (file: string): Machine => {
  const text = readFileSync(join(statemachines, file), 'utf8')
  const definition = JSON.parse(text) as Record<string, unknown>
  const states = scopesOf(definition).flatMap((scope) => scope.states)
  const tasks = states.filter(([, { Type }]) => Type === 'Task')
  return {
    name: file.slice(0, -suffix.length),
    definition,
    tasks: tasks.map(([name, state]) => taskOf(name, state)),
  }
}

export const machines: Machine[] = readdirSync(statemachines)
  .filter((file) => file.endsWith(suffix))
  .map(read)

/** The same machine, each of whose calls also says from which state it comes: `<state> <function>`. */
export const withCallersNamed = (definition: object): object => {
  const copy = structuredClone(definition) as Record<string, unknown>
  for (const { states } of scopesOf(copy))
    for (const [name, state] of states) {
      const given = state.Arguments as Record<string, unknown> | undefined
      if (state.Type === 'Task' && given) given.FunctionName = `${name} ${given.FunctionName}`
    }
  return copy
}
