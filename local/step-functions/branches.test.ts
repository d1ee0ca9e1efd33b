import { describe, expect, test } from 'vitest'
import { callback, failure, machine, rehearse, task } from './rehearsal.ts'

describe('a Parallel', () => {
  test('that fails takes its other branches with it', async () => {
    const tokens: string[] = []
    const home = rehearse(
      machine('P', {
        P: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'Pause',
              States: {
                Pause: { Type: 'Wait', Seconds: 5, Next: 'Break' },
                Break: task('breaks'),
              },
            },
            {
              StartAt: 'Ask',
              States: { Ask: callback('asks', { Next: 'Never' }), Never: task('never') },
            },
            {
              StartAt: 'Deep',
              States: {
                Deep: {
                  Type: 'Map',
                  ItemProcessor: {
                    StartAt: 'Long',
                    States: { Long: { Type: 'Wait', Seconds: 60, End: true } },
                  },
                  End: true,
                },
              },
            },
          ],
          Catch: [{ ErrorEquals: ['Broken'], Next: 'After' }],
          Next: 'After',
        },
        After: { Type: 'Wait', Seconds: 100, End: true },
      }),
      {
        breaks: () => {
          throw failure('Broken', 'in two')
        },
        asks: ({ token }: { token: string }) => tokens.push(token),
      },
    )
    const arn = await home.start([1, 2])
    await home.pass(5_000)
    const sent = home.call('SendTaskSuccess', { taskToken: tokens[0]!, output: '1' })
    await expect(sent).rejects.toMatchObject({ name: 'TaskTimedOut' })
    expect(home.db.prepare('SELECT count(*) AS frames FROM sfn_frame').get()).toEqual({ frames: 1 })
    await home.untilTheEnd()
    expect(home.transcript(arn, { times: true })).toMatchInlineSnapshot(`
      "machine
        P [0 s]: failed Broken: in two
          branch 0
            Pause [0 s]
            Break [5 s]: failed Broken: in two
          branch 1
            Ask [0 s]: invoked
          branch 2
            Deep [0 s]
              item 0
                Long [0 s]
              item 1
                Long [0 s]
          caught
        After [5 s]
        SUCCEEDED [105 s]
      "
    `)
  })
})

describe('a Map', () => {
  test('never runs more items at once than MaxConcurrency', async () => {
    let running = 0
    let most = 0
    const order: number[] = []
    const home = rehearse(
      machine('M', {
        M: {
          Type: 'Map',
          MaxConcurrency: '{% 2 %}',
          ItemProcessor: {
            StartAt: 'F',
            States: {
              F: task('f', { Next: 'W' }),
              W: { Type: 'Wait', Seconds: '{% $states.input %}', End: true },
            },
          },
          End: true,
        },
      }),
      {
        f: async (item: number) => {
          order.push(item)
          most = Math.max(most, ++running)
          await new Promise(setImmediate)
          running -= 1
          return item
        },
      },
    )
    const arn = await home.start([5, 1, 1, 1])
    await home.untilTheEnd()
    expect(order).toEqual([5, 1, 1, 1])
    expect(most).toBe(2)
    expect((home.clock.now() - Date.UTC(2026, 0, 1)) / 1_000).toBe(5)
    expect((await home.outcome(arn)).output).toEqual([5, 1, 1, 1])
  })

  test('that fails starts none of the items still queued', async () => {
    const called: number[] = []
    const home = rehearse(
      machine('M', {
        M: {
          Type: 'Map',
          MaxConcurrency: 1,
          ItemProcessor: { StartAt: 'F', States: { F: task('f') } },
          End: true,
        },
      }),
      {
        f: (item: number) => {
          called.push(item)
          if (item === 2) throw failure('Two')
        },
      },
    )
    const arn = await home.start([1, 2, 3])
    expect(called).toEqual([1, 2])
    expect((await home.outcome(arn)).error).toBe('Two')
    expect(home.transcript(arn)).toMatchInlineSnapshot(`
      "machine
        M: failed Two
          item 0
            F: succeeded
          item 1
            F: failed Two
        FAILED Two
      "
    `)
  })

  test('within a Map keeps the outputs of each apart', async () => {
    const home = rehearse(
      machine('M', {
        M: {
          Type: 'Map',
          ItemProcessor: {
            StartAt: 'N',
            States: {
              N: {
                Type: 'Map',
                MaxConcurrency: 1,
                ItemProcessor: {
                  StartAt: 'P',
                  States: { P: { Type: 'Pass', Output: '{% $states.input * 2 %}', End: true } },
                },
                End: true,
              },
            },
          },
          End: true,
        },
      }),
    )
    const arn = await home.start([[1, 2], [], [3]])
    expect((await home.outcome(arn)).output).toEqual([[2, 4], [], [6]])
  })
})
