import { describe, expect, test } from 'vitest'
import { callback, failure, machine, rehearse } from './rehearsal.ts'

interface Handed {
  token: string
}

/** One callback Task whose function keeps the tokens it is handed. */
function waiting(more: object = {}, during: (token: string) => unknown = () => 'queued') {
  const tokens: string[] = []
  const states = {
    A: callback('f', { End: true, Output: '{% $states.result %}', ...more }),
    ...('Catch' in more && { B: { Type: 'Succeed' } }),
  }
  const home = rehearse(machine('A', states), {
    f: ({ token }: Handed) => {
      tokens.push(token)
      return during(token)
    },
  })
  const send = (operation: string, taskToken: string, fields: object = {}) =>
    home.call(`SendTask${operation}`, { taskToken, ...fields })
  return { home, tokens, send }
}

const output = JSON.stringify({ done: true })

describe('a callback task', () => {
  test('goes on with what the token’s holder brings, not with what the function returned', async () => {
    const { home, tokens, send } = waiting()
    const arn = await home.start()
    expect((await home.outcome(arn)).status).toBe('RUNNING')
    await send('Success', tokens[0]!, { output })
    expect(await home.outcome(arn)).toEqual({ status: 'SUCCEEDED', output: { done: true } })
  })

  test('fails with the error its holder names', async () => {
    const { home, tokens, send } = waiting()
    const arn = await home.start()
    await send('Failure', tokens[0]!, { error: 'Refused', cause: 'no room' })
    expect(await home.outcome(arn)).toEqual({
      status: 'FAILED',
      error: 'Refused',
      cause: 'no room',
    })
  })

  test('may be called back before its function has returned', async () => {
    const { home, send } = waiting({}, (token) => send('Success', token, { output }))
    const arn = await home.start()
    expect((await home.outcome(arn)).output).toEqual({ done: true })
    expect(home.transcript(arn)).toBe('machine\n  A: called back\n  SUCCEEDED\n')
  })

  test('fails at once when its function fails, and the token is worth nothing any more', async () => {
    const { home, tokens, send } = waiting({}, () => {
      throw failure('NoMailbox')
    })
    const arn = await home.start()
    expect((await home.outcome(arn)).error).toBe('NoMailbox')
    await expect(send('Success', tokens[0]!, { output })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    })
  })

  test('hands out another token for each attempt, and only the last one counts', async () => {
    const { home, tokens, send } = waiting({
      HeartbeatSeconds: 10,
      Retry: [{ ErrorEquals: ['States.HeartbeatTimeout'], MaxAttempts: 1 }],
    })
    const arn = await home.start()
    await home.pass(11_000)
    expect(new Set(tokens).size).toBe(2)
    await expect(send('Heartbeat', tokens[0]!)).rejects.toMatchObject({ name: 'TaskTimedOut' })
    await expect(send('Success', tokens[0]!, { output })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    })
    await send('Success', tokens[1]!, { output })
    expect((await home.outcome(arn)).status).toBe('SUCCEEDED')
  })

  test('takes no answer while it pauses before the next attempt', async () => {
    const { home, tokens, send } = waiting({
      HeartbeatSeconds: 10,
      Retry: [{ ErrorEquals: ['States.HeartbeatTimeout'] }],
    })
    const arn = await home.start()
    await home.pass(10_500)
    expect(tokens).toHaveLength(1)
    await expect(send('Success', tokens[0]!, { output })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    })
    expect((await home.outcome(arn)).status).toBe('RUNNING')
  })

  test('stays alive as long as heartbeats come, and no longer', async () => {
    const { home, tokens, send } = waiting({ HeartbeatSeconds: 10, TimeoutSeconds: 60 })
    const arn = await home.start()
    for (let beat = 0; beat < 3; beat++) {
      await home.pass(9_000)
      await send('Heartbeat', tokens[0]!)
    }
    await home.pass(9_999)
    expect((await home.outcome(arn)).status).toBe('RUNNING')
    await home.pass(1)
    expect((await home.outcome(arn)).status).toBe('FAILED')
    await expect(send('Heartbeat', tokens[0]!)).rejects.toMatchObject({ name: 'TaskTimedOut' })
  })

  test('cannot be kept alive beyond its time limit', async () => {
    const { home, tokens, send } = waiting({
      HeartbeatSeconds: 10,
      TimeoutSeconds: 15,
      Catch: [
        { ErrorEquals: ['States.HeartbeatTimeout'], Next: 'B', Output: '{% "heartbeat" %}' },
        { ErrorEquals: ['States.Timeout'], Next: 'B', Output: '{% "timeout" %}' },
      ],
    })
    const arn = await home.start()
    await home.pass(9_000)
    await send('Heartbeat', tokens[0]!)
    await home.untilTheEnd()
    expect((await home.outcome(arn)).output).toBe('timeout')
  })

  test('shows a missed heartbeat by its own name to its catchers', async () => {
    const { home } = waiting({
      HeartbeatSeconds: 10,
      TimeoutSeconds: 15,
      Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'B' }],
    })
    const arn = await home.start()
    await home.untilTheEnd()
    expect((await home.outcome(arn)).output).toMatchObject({ Error: 'States.HeartbeatTimeout' })
  })

  test('stays stopped when its execution was stopped', async () => {
    const { home, tokens, send } = waiting()
    const arn = await home.start()
    await home.call('StopExecution', { executionArn: arn, error: 'Enough' })
    await expect(send('Success', tokens[0]!, { output })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    })
    expect(await home.outcome(arn)).toEqual({ status: 'ABORTED', error: 'Enough' })
  })
})

describe('a token', () => {
  test('nobody was given is invalid', async () => {
    const { send } = waiting()
    for (const [operation, more] of [
      ['Success', { output }],
      ['Failure', {}],
      ['Heartbeat', {}],
    ] as const) {
      await expect(send(operation, 'made-up', more)).rejects.toMatchObject({ name: 'InvalidToken' })
    }
  })

  test('is good for one answer, also when the same comes twice', async () => {
    const { home, tokens, send } = waiting()
    await home.start()
    await send('Success', tokens[0]!, { output })
    await expect(send('Success', tokens[0]!, { output })).rejects.toMatchObject({
      name: 'TaskTimedOut',
    })
    await expect(send('Failure', tokens[0]!)).rejects.toMatchObject({ name: 'TaskTimedOut' })
  })

  test('takes one of a hundred answers that come at once', async () => {
    const { home, tokens, send } = waiting()
    const arn = await home.start()
    const answers = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        send('Success', tokens[0]!, { output: String(index) }),
      ),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await home.outcome(arn)).output).toBe(
      answers.findIndex(({ status }) => status === 'fulfilled'),
    )
  })

  test('wants an output that is JSON and not too large', async () => {
    const { home, tokens, send } = waiting()
    await home.start()
    await expect(send('Success', tokens[0]!, { output: '{' })).rejects.toMatchObject({
      name: 'InvalidOutput',
    })
    const large = JSON.stringify('x'.repeat(262_144))
    await expect(send('Success', tokens[0]!, { output: large })).rejects.toMatchObject({
      name: 'InvalidOutput',
    })
  })
})
