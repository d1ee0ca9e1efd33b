/** Long because: it is one table of cases, read from top to bottom. */
import validate from 'asl-validator'
import { describe, expect, test } from 'vitest'
import { failure, machine, rehearse, task } from './rehearsal.ts'
import type { Json } from './json.ts'

interface Case {
  says: string
  definition: object
  input?: Json
  output?: Json
  error?: string
}

const inner = (state: object) => ({ StartAt: 'Inner', States: { Inner: state } })
const pass = (more: object = {}) => ({ Type: 'Pass', End: true, ...more })

const cases: Case[] = [
  {
    says: 'a Pass without Output hands on its input',
    definition: machine('A', { A: pass() }),
    input: { a: [1, null] },
    output: { a: [1, null] },
  },
  {
    says: 'only a string that is one expression as a whole is evaluated',
    definition: machine('A', {
      A: pass({
        Output: { whole: '{% 1 + 1 %}', part: 'is {% 1 %} it', deep: [{ x: '{% "y" %}' }] },
      }),
    }),
    output: { whole: 2, part: 'is {% 1 %} it', deep: [{ x: 'y' }] },
  },
  {
    says: 'an expression that yields nothing fails the state',
    definition: machine('A', { A: pass({ Output: '{% $states.input.missing %}' }) }),
    error: 'States.QueryEvaluationError',
  },
  {
    says: 'a variable that was never assigned yields nothing',
    definition: machine('A', { A: pass({ Output: '{% $nobody %}' }) }),
    error: 'States.QueryEvaluationError',
  },
  {
    says: 'an expression that throws fails the state',
    definition: machine('A', { A: pass({ Output: '{% $error("no") %}' }) }),
    error: 'States.QueryEvaluationError',
  },
  {
    says: 'there is no input document, only $states',
    definition: machine('A', { A: pass({ Output: '{% a %}' }) }),
    input: { a: 1 },
    error: 'States.QueryEvaluationError',
  },
  {
    says: 'a list with one entry stays a list when the definition asks for it',
    definition: machine('A', { A: pass({ Output: '{% [$states.input.a[x = 1].y] %}' }) }),
    input: { a: [{ x: 1, y: 'one' }] },
    output: ['one'],
  },
  {
    says: 'Assign and Output see the variables as they were before the state',
    definition: machine('A', {
      A: { Type: 'Pass', Assign: { n: 1 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { n: '{% $n + 1 %}' }, Output: '{% $n %}', Next: 'C' },
      C: pass({ Output: { before: '{% $states.input %}', after: '{% $n %}' } }),
    }),
    output: { before: 1, after: 2 },
  },
  {
    says: 'the first rule that holds decides, with its own Assign and Output',
    definition: machine('A', {
      A: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $states.input.n > 10 %}', Next: 'Big' },
          {
            Condition: '{% $states.input.n > 1 %}',
            Assign: { v: 7 },
            Output: '{% "two" %}',
            Next: 'Two',
          },
          { Condition: '{% true %}', Next: 'Big' },
        ],
      },
      Big: { Type: 'Fail' },
      Two: pass({ Output: '{% [$states.input, $v] %}' }),
    }),
    input: { n: 2 },
    output: ['two', 7],
  },
  {
    says: 'the default of a Choice takes the state’s Assign and Output',
    definition: machine('A', {
      A: {
        Type: 'Choice',
        Choices: [{ Condition: '{% false %}', Next: 'B' }],
        Default: 'B',
        Assign: { v: 1 },
        Output: '{% "default" %}',
      },
      B: pass({ Output: '{% [$states.input, $v] %}' }),
    }),
    output: ['default', 1],
  },
  {
    says: 'a Choice without a rule that holds and without a default fails',
    definition: machine('A', {
      A: { Type: 'Choice', Choices: [{ Condition: '{% 1 = 2 %}', Next: 'B' }] },
      B: { Type: 'Succeed' },
    }),
    error: 'States.NoChoiceMatched',
  },
  {
    says: 'a condition that is not true or false fails the Choice',
    definition: machine('A', {
      A: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'B' }], Default: 'B' },
      B: { Type: 'Succeed' },
    }),
    error: 'States.QueryEvaluationError',
  },
  {
    says: 'Succeed may have an Output of its own',
    definition: machine('A', { A: { Type: 'Succeed', Output: '{% $states.input.a %}' } }),
    input: { a: 'out' },
    output: 'out',
  },
  {
    says: 'Fail names its error, by an expression too',
    definition: machine('A', {
      A: { Type: 'Fail', Error: '{% "Bad" & "Luck" %}', Cause: 'because' },
    }),
    error: 'BadLuck',
  },
  {
    says: 'a Task calls with its arguments and wraps what comes back',
    definition: machine('A', {
      A: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'double', Payload: { n: '{% $states.input.n %}' } },
        Assign: { got: '{% $states.result.Payload %}' },
        Next: 'B',
      },
      B: pass({ Output: { status: '{% $states.input.StatusCode %}', got: '{% $got %}' } }),
    }),
    input: { n: 21 },
    output: { status: 200, got: 42 },
  },
  {
    says: 'a function that returns nothing returned null',
    definition: machine('A', { A: task('nothing') }),
    output: null,
  },
  {
    says: 'an error nobody catches is the execution’s',
    definition: machine('A', { A: task('busy') }),
    error: 'Busy',
  },
  {
    says: 'a catcher sees the error and its reason, and goes on where it says',
    definition: machine('A', {
      A: task('busy', {
        Next: 'Never',
        Catch: [
          { ErrorEquals: ['Other'], Next: 'Never' },
          {
            ErrorEquals: ['Busy'],
            Next: 'B',
            Assign: { why: '{% $parse($states.errorOutput.Cause).errorMessage %}' },
            Output: { error: '{% $states.errorOutput.Error %}', input: '{% $states.input %}' },
          },
        ],
      }),
      Never: { Type: 'Fail', Error: 'Never' },
      B: pass({ Output: { in: '{% $states.input %}', why: '{% $why %}' } }),
    }),
    input: 1,
    output: { in: { error: 'Busy', input: 1 }, why: 'no host answered' },
  },
  {
    says: 'a catcher without Output hands on the error',
    definition: machine('A', {
      A: task('busy', { End: true, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] }),
      B: pass({ Output: '{% $states.input.Error %}' }),
    }),
    output: 'Busy',
  },
  {
    says: 'what cannot be evaluated after a Task succeeded can be caught',
    definition: machine('A', {
      A: task('double', {
        End: true,
        Output: '{% $states.result.Payload.nothing %}',
        Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'B' }],
      }),
      B: pass({ Output: '{% "caught" %}' }),
    }),
    input: { n: 1 },
    output: 'caught',
  },
  {
    says: 'a catcher that fails itself is not caught again',
    definition: machine('A', {
      A: task('busy', {
        End: true,
        Catch: [{ ErrorEquals: ['States.ALL'], Output: '{% $states.result %}', Next: 'B' }],
      }),
      B: pass(),
    }),
    error: 'States.QueryEvaluationError',
  },
  {
    says: 'a Task fails when its arguments name no function',
    definition: machine('A', {
      A: { ...task('x'), Arguments: '{% {"Payload": 1} %}' },
    }),
    error: 'States.Runtime',
  },
  {
    says: 'a Parallel gathers the outputs of its branches in order',
    definition: machine('A', {
      A: {
        Type: 'Parallel',
        Arguments: { n: '{% $states.input.n * 10 %}' },
        Branches: [
          { StartAt: 'Slow', States: { Slow: { Type: 'Wait', Seconds: 9, End: true } } },
          { StartAt: 'Call', States: { Call: task('double') } },
        ],
        End: true,
      },
    }),
    input: { n: 1 },
    output: [{ n: 10 }, 20],
  },
  {
    says: 'a failing branch fails the Parallel by its own error',
    definition: machine('A', {
      A: {
        Type: 'Parallel',
        Branches: [inner({ Type: 'Fail', Error: 'Deep', Cause: 'down' })],
        Catch: [{ ErrorEquals: ['Deep'], Next: 'B' }],
        Next: 'B',
      },
      B: pass(),
    }),
    output: { Error: 'Deep', Cause: 'down' },
  },
  {
    says: 'a Map runs its inside for each item and gathers the outputs',
    definition: machine('A', {
      A: {
        Type: 'Map',
        Items: '{% $states.input.list %}',
        ItemSelector: {
          n: '{% $states.context.Map.Item.Value %}',
          at: '{% $states.context.Map.Item.Index %}',
          all: '{% $count($states.input.list) %}',
        },
        ItemProcessor: inner(pass({ Output: '{% $states.input.n * 100 + $states.input.at %}' })),
        Output: { sum: '{% $sum($states.result) %}' },
        End: true,
      },
    }),
    input: { list: [1, 2, 3] },
    output: { sum: 603 },
  },
  {
    says: 'a Map over nothing ends at once with nothing',
    definition: machine('A', {
      A: { Type: 'Map', ItemProcessor: inner(pass()), End: true },
    }),
    input: [],
    output: [],
  },
  {
    says: 'a Map over something that is no list fails',
    definition: machine('A', { A: { Type: 'Map', ItemProcessor: inner(pass()), End: true } }),
    input: { a: 1 },
    error: 'States.QueryEvaluationError',
  },
  {
    says: 'the inside of a Map knows its item, also in a Parallel inside it',
    definition: machine('A', {
      A: {
        Type: 'Map',
        ItemProcessor: {
          StartAt: 'Fork',
          States: {
            Fork: {
              Type: 'Parallel',
              Branches: [inner(pass({ Output: '{% $states.context.Map.Item %}' }))],
              End: true,
            },
          },
        },
        End: true,
      },
    }),
    input: ['x'],
    output: [[{ Index: 0, Value: 'x' }]],
  },
  {
    says: 'branches read the variables around them and keep their own to themselves',
    definition: machine('A', {
      A: { Type: 'Pass', Assign: { outer: 'o' }, Next: 'B' },
      B: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'L',
            States: {
              L: { Type: 'Pass', Assign: { own: '{% $outer & "l" %}' }, Next: 'LL' },
              LL: pass({ Output: '{% $own %}' }),
            },
          },
          {
            StartAt: 'R',
            States: {
              R: { Type: 'Pass', Assign: { own: '{% $outer & "r" %}' }, Next: 'RR' },
              RR: pass({ Output: '{% $own %}' }),
            },
          },
        ],
        Next: 'C',
      },
      C: pass({ Output: { branches: '{% $states.input %}', leaked: '{% $exists($own) %}' } }),
    }),
    output: { branches: ['ol', 'or'], leaked: false },
  },
  {
    says: 'the context names the execution, the state and the machine',
    definition: machine('A', {
      A: pass({
        Output: {
          execution: '{% $states.context.Execution.[Name, Input.a, StartTime] %}',
          state: '{% $states.context.State.[Name, EnteredTime] %}',
          machine: '{% $states.context.StateMachine.Name %}',
        },
      }),
    }),
    input: { a: 1 },
    output: {
      execution: ['it', 1, '2026-01-01T00:00:00.000Z'],
      state: ['A', '2026-01-01T00:00:00.000Z'],
      machine: 'machine',
    },
  },
  {
    says: 'time in expressions is the house’s time',
    definition: machine('A', {
      A: pass({ Output: '{% [$now(), $millis(), $now("[Y0001]")] %}' }),
    }),
    output: ['2026-01-01T00:00:00.000Z', Date.UTC(2026, 0, 1), '2026'],
  },
]

describe('a machine', () => {
  test.each(cases)('$says', async ({ definition, input = {}, output, error }) => {
    const home = rehearse(definition, {
      double: ({ n }: { n: number }) => n * 2,
      nothing: () => undefined,
      busy: () => {
        throw failure('Busy', 'no host answered')
      },
    })
    const arn = await home.start(input, 'it')
    await home.untilTheEnd()
    const { cause: _, ...outcome } = await home.outcome(arn)
    expect(outcome).toEqual(
      error === undefined ? { status: 'SUCCEEDED', output } : { status: 'FAILED', error },
    )
  })

  test('is accepted by the states language’s own linter when it is accepted here', () => {
    const branches = cases.map(({ definition }, index) => {
      const { StartAt, States } = renamed(definition, `${index} `) as Record<string, object>
      return { StartAt, States }
    })
    const all = machine('All', { All: { Type: 'Parallel', Branches: branches, End: true } })
    expect(() => rehearse(structuredClone(all))).not.toThrow()
    const { isValid, errorsText } = validate(all)
    expect(isValid, `${errorsText()}`).toBe(true)
  })
})

/** The same definition with other names for its states, so that many fit into one machine. */
function renamed(node: unknown, prefix: string): unknown {
  if (Array.isArray(node)) return node.map((item) => renamed(item, prefix))
  if (typeof node !== 'object' || node === null) return node
  const names = new Set(['StartAt', 'Next', 'Default'])
  return Object.fromEntries(
    Object.entries(node).map(([key, value]: [string, unknown]) => {
      if (names.has(key)) return [key, `${prefix}${String(value)}`]
      if (key !== 'States') return [key, renamed(value, prefix)]
      const states = Object.entries(value as object).map(([name, state]): [string, unknown] => [
        `${prefix}${name}`,
        renamed(state, prefix),
      ])
      return [key, Object.fromEntries(states)]
    }),
  )
}
