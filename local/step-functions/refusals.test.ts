import { describe, expect, test } from 'vitest'
import { callback, callbackArn, machine, rehearse, task } from './rehearsal.ts'
import { InvalidDefinition } from './errors.ts'

const end = { Type: 'Pass', End: true }
const inner = (state: object = end) => ({ StartAt: 'Inner', States: { Inner: state } })
const only = (state: object) => machine('A', { A: state })
const map = (more: object) => only({ Type: 'Map', ItemProcessor: inner(), End: true, ...more })

const refused: [says: string, definition: object, problem: string][] = [
  ['JSONPath', { ...only(end), QueryLanguage: 'JSONPath' }, '/QueryLanguage: must be "JSONata"'],
  ['no query language', { StartAt: 'A', States: { A: end } }, '/QueryLanguage: must be "JSONata"'],
  ['a state in JSONPath', only({ ...end, QueryLanguage: 'JSONPath' }), '/States/A/QueryLanguage'],
  ['InputPath', only({ ...end, InputPath: '$' }), '/States/A/InputPath: a field of JSONPath'],
  [
    'ResultPath',
    only({ ...task('f'), ResultPath: '$.a' }),
    '/States/A/ResultPath: a field of JSONP',
  ],
  ['Parameters', only({ ...end, Parameters: {} }), '/States/A/Parameters: a field of JSONPath'],
  ['an unknown field', only({ ...end, Colour: 'red' }), '/States/A/Colour: unknown field'],
  [
    'an unknown state type',
    only({ Type: 'Loop', End: true }),
    '/States/A/Type: unknown state type "L',
  ],
  [
    'an activity',
    only({ ...task('f'), Resource: 'arn:aws:states:local:1:activity:a' }),
    'activity:a',
  ],
  [
    'an SDK task',
    only({ ...task('f'), Resource: 'arn:aws:states:::sqs:sendMessage' }),
    'sqs:sendMe',
  ],
  ['Distributed Map', map({ ItemReader: {} }), '/States/A/ItemReader: Distributed Map'],
  [
    'the mode DISTRIBUTED',
    map({ ItemProcessor: { ...inner(), ProcessorConfig: { Mode: 'DISTRIBUTED' } } }),
    'Mode: Distributed Map is not supported',
  ],
  ['tolerated failures', map({ ToleratedFailureCount: 1 }), '/States/A/ToleratedFailureCount'],
  ['Iterator', map({ Iterator: inner() }), '/States/A/Iterator: the old name of ItemProcessor'],
  ['Credentials', only({ ...task('f'), Credentials: {} }), '/States/A/Credentials'],
  [
    '$eval',
    only({ ...end, Output: '{% $eval("1") %}' }),
    '/States/A/Output: $eval is not supported',
  ],
  [
    'broken JSONata',
    only({ ...end, Output: { a: '{% 1 + %}' } }),
    '/States/A/Output/a: not valid JSONata',
  ],
  [
    'an output that is a list',
    only({ ...end, Output: [1] }),
    '/States/A/Output: must be an object',
  ],
  ['a half expression', only({ ...end, Output: '{% 1' }), '/States/A/Output: an expression starts'],
  [
    'a padded expression',
    only({ ...end, Output: ' {% 1 %}' }),
    '/States/A/Output: an expression starts',
  ],
  [
    'a missing StartAt',
    { QueryLanguage: 'JSONata', States: { A: end } },
    '/StartAt: must be given',
  ],
  ['an unknown StartAt', machine('B', { A: end }), '/StartAt: there is no state "B" here'],
  ['an unknown target', only({ Type: 'Pass', Next: 'B' }), '/States/A/Next: there is no state "B"'],
  [
    'a target in another scope',
    machine('P', {
      P: { Type: 'Parallel', Branches: [inner({ Type: 'Pass', Next: 'P' })], End: true },
    }),
    'Inner/Next: there is no state "P" here',
  ],
  [
    'an unreachable state',
    machine('A', { A: end, B: end }),
    '/States/B: nothing leads to this state',
  ],
  [
    'a name used twice',
    machine('P', { P: { Type: 'Parallel', Branches: [inner(), inner()], End: true } }),
    'the name is already used at',
  ],
  ['neither Next nor End', only({ Type: 'Pass' }), '/States/A: must have either Next or End'],
  ['Next and End', only({ ...end, Next: 'A' }), '/States/A: must have either Next or End'],
  ['a machine without an end', only({ Type: 'Pass', Next: 'A' }), '/States: no state ends this'],
  ['no states', machine('A', {}), '/States: must hold at least one state'],
  [
    'Wait without a time',
    only({ Type: 'Wait', End: true }),
    '/States/A: must have either Seconds or',
  ],
  [
    'Wait with two times',
    only({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true }),
    'must have either Seconds or',
  ],
  [
    'Wait until nonsense',
    only({ Type: 'Wait', Timestamp: 'soon', End: true }),
    '/States/A/Timestamp: must be a time',
  ],
  [
    'negative seconds',
    only({ Type: 'Wait', Seconds: -1, End: true }),
    '/States/A/Seconds: must be a whole',
  ],
  [
    'a condition that is a text',
    only({ Type: 'Choice', Choices: [{ Condition: 'yes', Next: 'A' }] }),
    '/States/A/Choices/0/Condition: must be a JSONata expression',
  ],
  [
    'States.ALL in company',
    only({ ...task('f'), Retry: [{ ErrorEquals: ['States.ALL', 'X'] }] }),
    'States.ALL must stand alone and last',
  ],
  [
    'States.ALL before others',
    only({ ...task('f'), Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['X'] }] }),
    'States.ALL must stand alone and last',
  ],
  [
    'a States. error nobody raises',
    only({ ...task('f'), Retry: [{ ErrorEquals: ['States.Oops'] }] }),
    'States.Oops is never raised here',
  ],
  [
    'a cap below the interval',
    only({ ...task('f'), Retry: [{ ErrorEquals: ['X'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] }),
    'MaxDelaySeconds: must be greater',
  ],
  [
    'a heartbeat nobody can send',
    only({ ...task('f'), HeartbeatSeconds: 5 }),
    'HeartbeatSeconds: only a .waitForTaskToken',
  ],
  [
    'a heartbeat over the timeout',
    only({ ...callback('f'), HeartbeatSeconds: 9, TimeoutSeconds: 9 }),
    'HeartbeatSeconds: must be smaller',
  ],
  ['a token nobody gets', only({ ...task('f'), Resource: callbackArn }), 'nobody could call back'],
  [
    'a Task without arguments',
    only({ ...task('f'), Arguments: undefined }),
    '/States/A/Arguments: must name',
  ],
  [
    'a Task without function',
    only({ ...task('f'), Arguments: { Payload: 1 } }),
    'Arguments/FunctionName: must be given',
  ],
  [
    'an argument we would ignore',
    only({ ...task('f'), Arguments: { FunctionName: 'f', InvocationType: 'Event' } }),
    'InvocationType: not supported',
  ],
  [
    '$states as a variable',
    only({ ...end, Assign: { states: 1 } }),
    '/States/A/Assign/states: $states is reserved',
  ],
  ['a name that is none', only({ ...end, Assign: { 'a-b': 1 } }), '"a-b" is not a variable name'],
  [
    'an inner variable over an outer',
    machine('A', {
      A: { Type: 'Pass', Assign: { v: 1 }, Next: 'P' },
      P: { Type: 'Parallel', Branches: [inner({ ...end, Assign: { v: 2 } })], End: true },
    }),
    '$v is already assigned in a scope around this one',
  ],
  [
    'an unknown placeholder',
    only(task('${Nobody}')),
    '${Nobody} is not a name this deployment knows',
  ],
]

describe('a definition is refused by name for', () => {
  test.each(refused)('%s', (_says, definition, problem) => {
    const { engine } = rehearse(undefined)
    const define = () => engine.define('m', JSON.parse(JSON.stringify(definition)) as object, {})
    expect(define).toThrow(InvalidDefinition)
    expect(define).toThrow(problem)
  })

  test('all of its problems at once', () => {
    const { engine } = rehearse(undefined)
    const definition = machine('Nowhere', {
      A: { Type: 'Pass', InputPath: '$', Output: '{% ( %}', Next: 'B' },
      C: task('${Nobody}', { Next: 'A', Retry: [{ ErrorEquals: ['States.Oops'] }] }),
    })
    const problems: string[] = []
    try {
      engine.define('no such name!"', definition, {})
    } catch (thrown) {
      problems.push(...(thrown as InvalidDefinition).problems)
    }
    expect(problems.map((line) => line.split(':')[0])).toEqual([
      '${Nobody} is not a name this deployment knows',
      '"no such name!\\"" is not a name for a state machine',
      '/States/A/InputPath',
      '/StartAt',
      '/States/A/Next',
      '/States/C',
      '/States',
      '/States/C/Retry/0/ErrorEquals',
      '/States/A/Output',
    ])
  })
})

test('placeholders are filled in wherever they stand', async () => {
  const { engine } = rehearse(undefined, { 'local-f': () => 'called' })
  const definition = machine('A', {
    A: task('${Function}', { Comment: 'calls ${Function}', End: true }),
  })
  engine.define('m', definition, { Function: 'local-f' })
  const described = (await engine.call('DescribeStateMachine', {
    stateMachineArn: 'arn:aws:states:local:000000000000:stateMachine:m',
  })) as { definition: string }
  expect(described.definition).toContain('calls local-f')
  expect(described.definition).not.toContain('${')
})
