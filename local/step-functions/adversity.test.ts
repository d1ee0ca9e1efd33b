import { describe, expect, test } from 'vitest'
import { callback, machine, rehearse, task } from './rehearsal.ts'

const always = { random: () => 0 }

describe('adversity', () => {
  test('invokes a function twice', async () => {
    const calls: unknown[] = []
    const home = rehearse(
      machine('A', { A: task('f') }),
      { f: (input: unknown) => calls.push(input) },
      { adversity: { ...always, duplicateInvocations: 1 } },
    )
    const arn = await home.start('in')
    expect(calls).toEqual(['in', 'in'])
    expect((await home.outcome(arn)).output).toBe(2)
  })

  test('loses the answer of a function that did its work', async () => {
    let calls = 0
    const home = rehearse(
      machine('A', { A: task('f') }),
      { f: () => ++calls },
      { adversity: { random: () => (calls === 0 ? 1 : 0), lostAnswers: 0.5 } },
    )
    const started = home.call('StartExecution', {
      stateMachineArn: 'arn:aws:states:local:000000000000:stateMachine:machine',
      name: 'it',
    })
    await started.catch(() => {})
    await home.engine.idle()
    expect(calls).toBe(1)
    const row = home.db.prepare('SELECT status, error FROM sfn_execution').get()
    expect(row).toEqual({ status: 'FAILED', error: 'Lambda.SdkClientException' })
  })

  test('holds up a callback', async () => {
    const tokens: string[] = []
    const home = rehearse(
      machine('A', { A: callback('f') }),
      { f: ({ token }: { token: string }) => tokens.push(token) },
      { adversity: { random: () => 0.5, lateCallbacks: 1 } },
    )
    const arn = await home.start()
    const sent = home.call('SendTaskSuccess', { taskToken: tokens[0]!, output: '1' })
    expect((await home.outcome(arn)).status).toBe('RUNNING')
    await home.clock.advance(500)
    await sent
    expect((await home.outcome(arn)).status).toBe('SUCCEEDED')
  })
})
