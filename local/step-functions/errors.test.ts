import { describe, expect, test } from 'vitest'
import { callback, failure, machine, rehearse, task } from './rehearsal.ts'
import { matches } from './transitions/match-error.ts'

describe('which errors a name in ErrorEquals means', () => {
  test.each([
    ['Busy', 'Busy', true],
    ['busy', 'Busy', false],
    ['States.ALL', 'Busy', true],
    ['States.ALL', 'States.Timeout', true],
    ['States.ALL', 'States.QueryEvaluationError', true],
    ['States.ALL', 'States.Runtime', false],
    ['States.ALL', 'States.DataLimitExceeded', false],
    ['States.DataLimitExceeded', 'States.DataLimitExceeded', true],
    ['States.TaskFailed', 'Busy', true],
    ['States.TaskFailed', 'Lambda.Unknown', true],
    ['States.TaskFailed', 'States.HeartbeatTimeout', true],
    ['States.TaskFailed', 'States.Timeout', false],
    ['States.TaskFailed', 'States.Runtime', false],
    ['States.Timeout', 'States.Timeout', true],
    ['States.Timeout', 'States.HeartbeatTimeout', true],
    ['States.HeartbeatTimeout', 'States.Timeout', false],
  ])('%s means %s: %s', (name, error, means) => {
    expect(matches([name], { error, cause: '' })).toBe(means)
  })
})

describe('what a function throws is the task’s failure', () => {
  test.each([
    [
      'an error, by its name',
      failure('Busy', 'no'),
      'Busy',
      '{"errorType":"Busy","errorMessage":"no"}',
    ],
    ['a plain error', new Error('no'), 'Error', '{"errorType":"Error","errorMessage":"no"}'],
    [
      'an error of the service',
      failure('Lambda.TooManyRequestsException', 'slow'),
      'Lambda.TooManyRequestsException',
      'slow',
    ],
    ['something that is no error', 'thrown', 'Lambda.Unknown', 'The function failed with thrown'],
  ])('%s', async (_says, thrown, error, cause) => {
    const home = rehearse(machine('A', { A: task('f') }), {
      f: () => {
        throw thrown
      },
    })
    expect(await home.outcome(await home.start())).toEqual({ status: 'FAILED', error, cause })
  })

  test('an answer that is no JSON', async () => {
    const home = rehearse(machine('A', { A: task('f') }), { f: () => 1n })
    expect((await home.outcome(await home.start())).error).toBe('Runtime.MarshalError')
  })
})

describe('time limits', () => {
  const never = () => new Promise(() => {})

  test('a Task that takes longer than its TimeoutSeconds has timed out', async () => {
    const states = { A: task('slow', { TimeoutSeconds: '{% 5 + 5 %}', End: true }) }
    const home = rehearse(machine('A', states), { slow: never })
    const started = home.call('StartExecution', {
      stateMachineArn: 'arn:aws:states:local:000000000000:stateMachine:machine',
    })
    const arn = String((await started).executionArn)
    await new Promise(setImmediate)
    await home.clock.advance(9_999)
    expect((await home.outcome(arn)).status).toBe('RUNNING')
    await home.clock.advance(1)
    expect(await home.outcome(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' })
  })

  test('an answer that comes after its attempt timed out is not taken for the next attempt’s', async () => {
    const answers: ((answer: string) => void)[] = []
    const home = rehearse(
      machine('A', {
        A: task('slow', {
          TimeoutSeconds: 5,
          Retry: [{ ErrorEquals: ['States.Timeout'] }],
          End: true,
        }),
      }),
      { slow: () => new Promise((resolve) => answers.push(resolve)) },
    )
    const { executionArn } = await home.call('StartExecution', {
      stateMachineArn: 'arn:aws:states:local:000000000000:stateMachine:machine',
    })
    const settle = () => new Promise(setImmediate)
    await settle()
    await home.clock.advance(5_000)
    await home.clock.advance(1_000)
    expect(answers).toHaveLength(2)
    answers[0]!('late')
    await settle()
    expect((await home.outcome(String(executionArn))).status).toBe('RUNNING')
    answers[1]!('in time')
    await home.engine.idle()
    expect((await home.outcome(String(executionArn))).output).toBe('in time')
  })

  test('a heartbeat that nobody caught shows as a timeout', async () => {
    const states = { A: callback('f', { HeartbeatSeconds: 5, End: true }) }
    const home = rehearse(machine('A', states), { f: () => 1 })
    const arn = await home.start()
    await home.untilTheEnd()
    expect(await home.outcome(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' })
  })

  test('an execution that takes longer than its TimeoutSeconds has timed out as a whole', async () => {
    const states = { A: { Type: 'Wait', Seconds: 60, End: true } }
    const home = rehearse(machine('A', states, { TimeoutSeconds: 30 }))
    const arn = await home.start()
    await home.pass(29_999)
    expect((await home.outcome(arn)).status).toBe('RUNNING')
    await home.pass(1)
    expect(await home.outcome(arn)).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' })
    await home.untilTheEnd()
    expect(home.transcript(arn)).toMatchInlineSnapshot(`
      "machine
        A
        TIMED OUT States.Timeout: The execution ran longer than TimeoutSeconds
      "
    `)
  })

  test('a number of seconds that is none fails the state', async () => {
    const home = rehearse(machine('A', { A: { Type: 'Wait', Seconds: '{% -1 %}', End: true } }))
    expect((await home.outcome(await home.start())).error).toBe('States.QueryEvaluationError')
  })

  test('Wait ends at its timestamp', async () => {
    const wait = { Type: 'Wait', Timestamp: '{% $states.input %}', End: true }
    const home = rehearse(machine('A', { A: wait }))
    const arn = await home.start('2026-01-01T01:00:00+00:30')
    expect(home.clock.nextIn()).toBe(30 * 60_000)
    await home.untilTheEnd()
    expect((await home.outcome(arn)).status).toBe('SUCCEEDED')
  })
})
