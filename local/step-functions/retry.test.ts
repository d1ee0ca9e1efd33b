import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { failure, machine, rehearse, task } from './rehearsal.ts'
import { delayBefore } from './transitions/retry.ts'

/** Runs one Task that always fails and tells after how many seconds each attempt was made. */
async function attempts(retry: object[], thrown: () => Error, more: object = {}) {
  const times: number[] = []
  const home = rehearse(
    machine('A', {
      A: task('f', { End: true, Retry: retry, ...more }),
      ...('Catch' in more && { B: { Type: 'Succeed' } }),
    }),
    {
      f: () => {
        times.push(home.clock.now())
        throw thrown()
      },
    },
  )
  const start = home.clock.now()
  const arn = await home.start()
  await home.untilTheEnd()
  return { seconds: times.map((at) => (at - start) / 1_000), ...(await home.outcome(arn)) }
}

const busy = () => failure('Busy')

describe('a retrier', () => {
  test('waits a second, two and four when it says nothing', async () => {
    const { seconds, error } = await attempts([{ ErrorEquals: ['Busy'] }], busy)
    expect(seconds).toEqual([0, 1, 3, 7])
    expect(error).toBe('Busy')
  })

  test('keeps to its interval, rate, cap and number of attempts', async () => {
    const retrier = {
      ErrorEquals: ['Busy'],
      IntervalSeconds: 2,
      BackoffRate: 3,
      MaxDelaySeconds: 10,
      MaxAttempts: 4,
    }
    expect((await attempts([retrier], busy)).seconds).toEqual([0, 2, 8, 18, 28])
  })

  test('shortens its pauses by chance when jitter is asked for', async () => {
    const retrier = { ErrorEquals: ['Busy'], JitterStrategy: 'FULL', MaxAttempts: 2 }
    expect((await attempts([retrier], busy)).seconds).toEqual([0, 0.5, 1.5])
  })

  test('never tries again with MaxAttempts 0, and hides the retriers behind it', async () => {
    const retriers = [{ ErrorEquals: ['Busy'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }]
    expect((await attempts(retriers, busy)).seconds).toEqual([0])
  })

  test('counts its own attempts only', async () => {
    let calls = 0
    const alternating = () => failure(++calls % 2 === 1 ? 'Odd' : 'Even')
    const retriers = [
      { ErrorEquals: ['Odd'], IntervalSeconds: 10, MaxAttempts: 2 },
      { ErrorEquals: ['Even'], IntervalSeconds: 100, MaxAttempts: 1 },
    ]
    const { seconds, error } = await attempts(retriers, alternating)
    expect(seconds).toEqual([0, 10, 110, 130])
    expect(error).toBe('Even')
  })

  test('comes before the catchers', async () => {
    const { seconds, status } = await attempts(
      [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1 }],
      busy,
      { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] },
    )
    expect({ seconds, status }).toEqual({ seconds: [0, 1], status: 'SUCCEEDED' })
  })

  test('shows its count to the expressions of the state', async () => {
    const counts: number[] = []
    const home = rehearse(
      machine('A', {
        A: task('f', {
          Arguments: { FunctionName: 'f', Payload: '{% $states.context.State.RetryCount %}' },
          Retry: [{ ErrorEquals: ['Busy'] }],
          End: true,
        }),
      }),
      {
        f: (count: number) => {
          counts.push(count)
          if (count < 2) throw busy()
        },
      },
    )
    await home.start()
    await home.untilTheEnd()
    expect(counts).toEqual([0, 1, 2])
  })

  test('starts all branches of a Parallel again', async () => {
    let calls = 0
    const home = rehearse(
      machine('P', {
        P: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'A', States: { A: task('f') } },
            { StartAt: 'B', States: { B: { Type: 'Wait', Seconds: 60, End: true } } },
          ],
          Retry: [{ ErrorEquals: ['Busy'] }],
          End: true,
        },
      }),
      {
        f: () => {
          if (++calls < 3) throw busy()
          return 'at last'
        },
      },
    )
    const arn = await home.start('in')
    await home.untilTheEnd()
    expect(home.transcript(arn, { times: true })).toMatchInlineSnapshot(`
      "machine
        P [0 s]
          attempt 1 [0 s]: failed Busy
            branch 0
              A [0 s]: failed Busy
            branch 1
              B [0 s]
          attempt 2 [1 s]: failed Busy
            branch 0
              A [1 s]: failed Busy
            branch 1
              B [1 s]
          attempt 3 [3 s]
            branch 0
              A [3 s]: succeeded
            branch 1
              B [3 s]
        SUCCEEDED [63 s]
      "
    `)
    expect((await home.outcome(arn)).output).toEqual(['at last', 'in'])
  })
})

const retriers = fc.record({
  ErrorEquals: fc.constant<string[]>(['X']),
  IntervalSeconds: fc.integer({ min: 1, max: 100 }),
  BackoffRate: fc.double({ min: 1, max: 10, noNaN: true }),
  MaxDelaySeconds: fc.integer({ min: 101, max: 10_000 }),
})
const chances = fc.double({ min: 0, max: 1, noNaN: true })

test('a pause never exceeds its cap, whatever chance brings', () =>
  fc.assert(
    fc.property(retriers, fc.nat(50), chances, (retrier, used, chance) => {
      const jittery = { ...retrier, JitterStrategy: 'FULL' as const }
      const delay = delayBefore(jittery, used, () => chance)
      expect(delay).toBeLessThanOrEqual(retrier.MaxDelaySeconds * 1_000)
      expect(delay).toBeGreaterThanOrEqual(0)
    }),
  ))

test('without jitter a pause is at least the interval and never shrinks', () =>
  fc.assert(
    fc.property(retriers, fc.nat(50), (retrier, used) => {
      const delay = delayBefore(retrier, used, () => 0)
      expect(delay).toBeGreaterThanOrEqual(retrier.IntervalSeconds * 1_000)
      expect(delayBefore(retrier, used + 1, () => 0)).toBeGreaterThanOrEqual(delay)
    }),
  ))
