import jsonata from 'jsonata'
import { describe, expect, test } from 'vitest'
import { partsOf, scopesOf } from '../../local/step-functions/walk-definition.ts'
import { edgesOf, type Edge } from './edges.ts'
import { machines, type Machine, type TaskOf } from './machines.ts'

/** What Lambda itself can fail with, and what our functions name so because trying again helps. */
const passing = [
  'CONFLICT',
  'CLOUD_UNAVAILABLE',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
]
const pause = { IntervalSeconds: 1, BackoffRate: 2, JitterStrategy: 'FULL' }

/** The agreed kinds of Retry. A fourth needs a reason; write it here. */
const kinds = {
  /** A step that answers: passing trouble, for half a minute; then the machine decides. */
  'tries again': [
    { ErrorEquals: [...passing, 'States.Timeout'], ...pause, MaxAttempts: 5, MaxDelaySeconds: 20 },
  ],
  /** A step that waits for a host: the same, but a wait that ends means that the host is silent. */
  'sends again': [{ ErrorEquals: passing, ...pause, MaxAttempts: 5, MaxDelaySeconds: 20 }],
  /** An undo or an ending: it has to happen, so everything is tried again, for a quarter of an hour. */
  insists: [{ ErrorEquals: ['States.ALL'], ...pause, MaxAttempts: 20, MaxDelaySeconds: 60 }],
}

const kindOf = ({ retry }: TaskOf): string | undefined =>
  Object.entries(kinds).find(([, kind]) => {
    try {
      expect(retry).toEqual(kind)
      return true
    } catch {
      return false
    }
  })?.[0]

const reachable = (from: string, edges: readonly Edge[]): Set<string> => {
  const seen = new Set<string>([from])
  for (const state of seen) for (const edge of edges) if (edge.from === state) seen.add(edge.to)
  return seen
}

const statesOf = ({ definition }: Machine) => scopesOf(definition).flatMap(({ states }) => states)
const undoOf = (machine: Machine) =>
  statesOf(machine).flatMap(([name, { Comment }]) =>
    String(Comment).startsWith('Undo of ') ? [name] : [],
  )

describe.for(machines)('$name', (machine) => {
  const { definition, tasks } = machine
  const comment = String(definition.Comment)
  const point = /Point of no return: (\w+)/.exec(comment)?.[1]

  test('may run for a bounded time, as a whole and in each Task', () => {
    expect(definition.TimeoutSeconds).toEqual(expect.any(Number))
    for (const { state, definition: task } of tasks)
      expect(task.TimeoutSeconds, `${state} may run for ever`).toEqual(expect.any(Number))
  })

  test('notices a silent host by three missed heartbeats', () => {
    for (const { waits, definition: task } of tasks) {
      if (!waits) continue
      const { Payload } = task.Arguments as { Payload: { heartbeatSeconds: number } }
      expect(Number(task.HeartbeatSeconds)).toBe(3 * Payload.heartbeatSeconds)
      expect(Number(task.HeartbeatSeconds)).toBeLessThan(Number(task.TimeoutSeconds))
    }
  })

  test('tries again in one of three agreed ways', () => {
    for (const task of tasks)
      expect(
        kindOf(task),
        `${task.state} has a Retry of its own: ${JSON.stringify(task.retry)}`,
      ).toBeDefined()
  })

  test('sends again only where it waits, and insists only where nothing is caught', () => {
    for (const task of tasks) {
      const kind = kindOf(task)
      expect(kind === 'sends again', task.state).toBe(task.waits)
      const caught = partsOf(task.definition, 'Catch').map(({ ErrorEquals }) => String(ErrorEquals))
      expect(caught.at(-1), task.state).toBe(kind === 'insists' ? undefined : 'States.ALL')
    }
  })

  test('keeps the error wherever it catches everything', () => {
    const everything = tasks
      .flatMap(({ definition: task }) => partsOf(task, 'Catch'))
      .filter(({ ErrorEquals }) => String(ErrorEquals) === 'States.ALL')
    for (const { Assign } of everything)
      expect(Assign).toMatchObject({ failure: '{% $states.errorOutput %}' })
  })

  test('decides nothing: a Choice compares one variable with one value', () => {
    for (const [name, state] of statesOf(machine))
      for (const { Condition, Assign } of partsOf(state, 'Choices')) {
        expect(Condition, name).toMatch(/^\{% \$\w+ !?= (null|'[^']*') %\}$/)
        expect(Assign, name).toBeUndefined()
      }
  })

  test('calls no variable by the name of a function of JSONata, which it would hide', async () => {
    const names = new Set<string>()
    JSON.stringify(definition, (key, value: unknown) => {
      if (key === 'Assign') for (const name of Object.keys(value as object)) names.add(name)
      return value
    })
    expect(names.size).toBeGreaterThan(0)
    for (const name of names)
      expect(await jsonata(`$type($${name})`).evaluate({}), name).toBeUndefined()
  })

  test('ends in a failure also where the error came without a cause', async () => {
    const failing = statesOf(machine).filter(([, { Type }]) => Type === 'Fail')
    expect(failing.length).toBeGreaterThan(0)
    for (const [name, { Error: error, Cause }] of failing)
      for (const field of [error, Cause]) {
        const expression = jsonata(String(field).slice(2, -2))
        const told: unknown = await expression.evaluate(
          {},
          { failure: { Error: 'States.Timeout' } },
        )
        expect(told, name).toEqual(expect.any(String))
      }
  })

  test('hands each step the work it is for', () => {
    for (const { state, definition: task } of tasks) {
      const { Payload } = task.Arguments as { Payload: { work: string } }
      expect(Payload.work, state).toBe('{% $work %}')
    }
  })

  test('speaks of a command by the Task that waits for it', () => {
    const waiting = tasks.filter(({ waits }) => waits).map(({ state }) => state)
    const undo = undoOf(machine)
    const spoken = tasks.map(({ state, waits, definition: task }) => {
      const { Payload } = task.Arguments as { Payload: { state?: string } }
      const allowed = waits ? [state] : undo.includes(state) ? [point] : [...waiting, undefined]
      return { state, of: Payload.state, isRight: allowed.includes(Payload.state) }
    })
    expect(spoken.filter(({ isRight }) => !isRight)).toEqual([])
    expect(spoken.filter(({ of }) => of !== undefined).length).toBeGreaterThan(waiting.length)
  })

  test('names its point of no return, or says that there is no undo', () => {
    const names = statesOf(machine).map(([name]) => name)
    expect(names.includes(point ?? '') || comment.includes('No undo')).toBe(true)
    expect(undoOf(machine).length > 0).toBe(point !== undefined)
  })

  test('undoes nothing after its point of no return, except where it is attested that nothing came of it', () => {
    const edges = edgesOf(machine)
    const undo = undoOf(machine)
    const unattested = reachable(
      point ?? '',
      edges.filter(({ attests }) => !attests),
    )
    expect(undo.filter((state) => unattested.has(state))).toEqual([])
    const all = reachable(String(definition.StartAt), edges)
    expect(
      undo.filter((state) => !all.has(state)),
      'undo that nothing leads to',
    ).toEqual([])
  })
})
