import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { routeNames, routeOf } from '../core/contract/api.ts'
import { socketRoutes, triggers } from '../core/contract/cloud.ts'

const root = join(import.meta.dirname, '..')

const namesIn = (folder: string, suffix: string) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(suffix) && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -suffix.length))
    .toSorted()

const routesTo = (caller: 'api' | 'agent') =>
  routeNames.filter((name) => routeOf(name).caller === caller)

/** Workflow → the placeholders in its definition. */
const placeholders = new Map(
  namesIn('statemachines', '.asl.json').map((name) => {
    const text = readFileSync(join(root, 'statemachines', `${name}.asl.json`), 'utf8')
    return [name, [...text.matchAll(/\$\{(\w+)\}/g)].map(([, placeholder]) => placeholder!)]
  }),
)
const kebab = (name: string) => name.replace(/(?<!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
const unique = (names: readonly string[]) => [...new Set(names)].toSorted()

test.each([
  { folder: 'api', by: 'the route table', names: [...routesTo('api'), 'refuse-route'] },
  { folder: 'agent', by: 'the route table', names: routesTo('agent') },
  { folder: 'socket', by: 'socketRoutes', names: Object.values(socketRoutes) },
  { folder: 'triggers', by: 'triggers', names: Object.keys(triggers) },
  {
    folder: 'steps',
    by: 'the state machines',
    names: [...placeholders.values()].flat().map(kebab),
  },
])('functions/$folder holds what $by name, and nothing that nobody calls', ({ folder, names }) => {
  expect(namesIn(`functions/${folder}`, '.ts')).toEqual(unique(names))
})

test('every state machine names steps, each in a placeholder', () => {
  for (const [name, named] of placeholders) {
    const text = readFileSync(join(root, 'statemachines', `${name}.asl.json`), 'utf8')
    const { States } = JSON.parse(text) as { States: Record<string, Task> }
    const tasks = Object.values(States).filter(({ Type }) => Type === 'Task')
    const called = tasks.map(({ Arguments }) => Arguments!.FunctionName)
    expect(called.map((each) => /^\$\{(\w+)\}$/.exec(each)?.[1])).toEqual(named)
  }
})

interface Task {
  Type: string
  Arguments?: { FunctionName: string }
}

test('every state machine is begun by some function', () => {
  const sources = readdirSync(join(root, 'functions'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  const begun = sources.flatMap((text) =>
    [...text.matchAll(/\bworkflow: '([a-z-]+)'/g)].map(([, name]) => name!),
  )
  expect(unique(begun)).toEqual([...placeholders.keys()])
})
