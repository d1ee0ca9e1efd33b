import { describe, expect, test } from 'vitest'
import { machine, rehearse, task } from './rehearsal.ts'

const large = () => 'x'.repeat(262_143)
const tooLarge = '{% $join($map([1..300], function($n) { $pad("", 1000, "x") })) %}'

describe('a payload over 256 KiB', () => {
  test.each([
    ['a function’s answer', { A: task('large') }],
    ['an output', { A: { Type: 'Pass', Output: tooLarge, End: true } }],
    [
      'arguments',
      { A: task('echo', { Arguments: { FunctionName: 'echo', Payload: tooLarge }, End: true }) },
    ],
    ['variables', { A: { Type: 'Pass', Assign: { v: tooLarge }, End: true } }],
  ])('as %s fails the execution', async (_what, states) => {
    const home = rehearse(machine('A', states), { large, echo: (x: unknown) => x })
    const arn = await home.start()
    expect(await home.outcome(arn)).toMatchObject({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
    })
  })

  test('can be caught by its own name only', async () => {
    const home = rehearse(
      machine('A', {
        A: task('large', {
          End: true,
          Retry: [{ ErrorEquals: ['States.ALL'] }],
          Catch: [
            { ErrorEquals: ['States.TaskFailed'], Next: 'B' },
            { ErrorEquals: ['States.DataLimitExceeded'], Next: 'C' },
          ],
        }),
        B: { Type: 'Fail', Error: 'TaskFailed' },
        C: { Type: 'Succeed' },
      }),
      { large },
    )
    expect((await home.outcome(await home.start())).status).toBe('SUCCEEDED')
  })
})

test('an execution whose history would exceed 25,000 events fails', async () => {
  const home = rehearse(
    machine('A', {
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'C' }], Default: 'A' },
      C: { Type: 'Succeed' },
    }),
  )
  const arn = await home.start()
  const found = await home.outcome(arn)
  expect(found).toMatchObject({ status: 'FAILED', error: 'States.Runtime' })
  expect(found.cause).toContain('25000')
  const { events } = await home.call('GetExecutionHistory', {
    executionArn: arn,
    reverseOrder: true,
  })
  const last = (events as { id: number; type: string }[])[0]
  expect(last?.id).toBeLessThanOrEqual(25_000)
  expect(last?.type).toBe('ExecutionFailed')
})
