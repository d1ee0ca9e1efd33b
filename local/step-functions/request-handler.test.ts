import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  CreateActivityCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StartSyncExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { describe, expect, test } from 'vitest'
import { callback, machine, rehearse, task } from './rehearsal.ts'
import { requestHandler } from './request-handler.ts'

const stateMachineArn = 'arn:aws:states:local:000000000000:stateMachine:machine'

function house(definition = machine('A', { A: task('echo') }), more: object = {}) {
  const tokens: string[] = []
  const functions = {
    echo: (input: unknown) => input,
    ask: ({ token }: { token: string }) => tokens.push(token),
  }
  const home = rehearse(definition, functions, more)
  const client = new SFNClient({
    region: 'local',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    requestHandler: requestHandler(home.engine) as never,
  })
  return { ...home, client, tokens }
}

describe('an SDK client', () => {
  test('starts an execution and reads what became of it', async () => {
    const { client, engine } = house()
    const { executionArn, startDate } = await client.send(
      new StartExecutionCommand({ stateMachineArn, name: 'it', input: '{"a":1}' }),
    )
    await engine.idle()
    const found = await client.send(new DescribeExecutionCommand({ executionArn }))
    expect(startDate).toEqual(new Date('2026-01-01T00:00:00Z'))
    expect(found).toMatchObject({
      executionArn,
      stateMachineArn,
      name: 'it',
      status: 'SUCCEEDED',
      startDate,
      stopDate: startDate,
      input: '{"a":1}',
      output: '{"a":1}',
    })
  })

  test('answers, fails and keeps alive the tasks whose tokens it holds', async () => {
    const { client, engine, tokens } = house(
      machine('A', { A: callback('ask', { HeartbeatSeconds: 5, End: true }) }),
    )
    for (const name of ['good', 'bad']) {
      await client.send(new StartExecutionCommand({ stateMachineArn, name }))
    }
    await engine.idle()
    const [good, bad] = tokens
    await client.send(new SendTaskHeartbeatCommand({ taskToken: good }))
    await client.send(new SendTaskSuccessCommand({ taskToken: good, output: '1' }))
    await client.send(new SendTaskFailureCommand({ taskToken: bad, error: 'No', cause: 'why' }))
    const status = async (name: string) => {
      const executionArn = `arn:aws:states:local:000000000000:execution:machine:${name}`
      return (await client.send(new DescribeExecutionCommand({ executionArn }))).status
    }
    expect([await status('good'), await status('bad')]).toEqual(['SUCCEEDED', 'FAILED'])
    const late = client.send(new SendTaskSuccessCommand({ taskToken: good, output: '1' }))
    await expect(late).rejects.toMatchObject({ name: 'TaskTimedOut' })
  })

  test('stops an execution, and stopping it again changes nothing', async () => {
    const { client, clock } = house(machine('A', { A: { Type: 'Wait', Seconds: 9, End: true } }))
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }))
    const stop = () => client.send(new StopExecutionCommand({ executionArn, error: 'Enough' }))
    const { stopDate } = await stop()
    await clock.advance(5_000)
    expect((await stop()).stopDate).toEqual(stopDate)
    const found = await client.send(new DescribeExecutionCommand({ executionArn }))
    expect(found).toMatchObject({ status: 'ABORTED', error: 'Enough', stopDate })
  })

  test('pages through executions, newest first, and filters them by status', async () => {
    const { client, engine } = house()
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      await client.send(new StartExecutionCommand({ stateMachineArn, name }))
    }
    await engine.idle()
    const names: (string | undefined)[][] = []
    let nextToken: string | undefined
    do {
      const page = await client.send(
        new ListExecutionsCommand({ stateMachineArn, maxResults: 2, nextToken }),
      )
      names.push((page.executions ?? []).map(({ name }) => name))
      nextToken = page.nextToken
    } while (nextToken)
    expect(names).toEqual([['e', 'd'], ['c', 'b'], ['a']])
    const running = new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' })
    expect((await client.send(running)).executions).toEqual([])
  })

  test('reads history forwards, backwards, in pages and without data', async () => {
    const { client, engine } = house()
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }))
    await engine.idle()
    const types = async (more: object) => {
      const found = await client.send(new GetExecutionHistoryCommand({ executionArn, ...more }))
      return { types: (found.events ?? []).map(({ type }) => type), found }
    }
    const all = [
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]
    expect((await types({})).types).toEqual(all)
    expect((await types({ reverseOrder: true })).types).toEqual(all.toReversed())
    const first = await types({ maxResults: 5 })
    const second = await types({ maxResults: 5, nextToken: first.found.nextToken })
    expect([...first.types, ...second.types]).toEqual(all)
    expect(second.found.nextToken).toBeUndefined()
    expect(first.found.events?.[1]?.stateEnteredEventDetails).toMatchObject({
      name: 'A',
      input: '{}',
    })
    const bare = await types({ includeExecutionData: false })
    expect(bare.found.events?.[1]?.stateEnteredEventDetails).toEqual({ name: 'A' })
  })

  test('sees the machines that are defined', async () => {
    const { client } = house()
    const { stateMachines } = await client.send(new ListStateMachinesCommand({}))
    expect(stateMachines?.map(({ name, type }) => [name, type])).toEqual([['machine', 'STANDARD']])
    const found = await client.send(new DescribeStateMachineCommand({ stateMachineArn }))
    expect(JSON.parse(found.definition!)).toMatchObject({ StartAt: 'A' })
  })

  test('tries again when an answer was lost, and finds that its call had taken effect', async () => {
    let lost = 0
    const adversity = { random: () => (lost++ === 0 ? 0 : 1), lostAnswers: 0.5 }
    const waits = machine('A', { A: { Type: 'Wait', Seconds: 9, End: true } })
    const { client, db } = house(waits, { adversity })
    const started = await client.send(new StartExecutionCommand({ stateMachineArn, name: 'it' }))
    expect(started.executionArn).toContain(':execution:machine:it')
    expect(db.prepare('SELECT count(*) AS n FROM sfn_execution').get()).toEqual({ n: 1 })
  })
})

describe('the name of an execution', () => {
  test('starts one execution, however often it is sent with the same input', async () => {
    const { client, db } = house(machine('A', { A: { Type: 'Wait', Seconds: 9, End: true } }))
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        client.send(new StartExecutionCommand({ stateMachineArn, name: 'it', input: '{"a":1}' })),
      ),
    )
    expect(new Set(answers.map(({ executionArn }) => executionArn)).size).toBe(1)
    expect(db.prepare('SELECT count(*) AS n FROM sfn_execution').get()).toEqual({ n: 1 })
    const other = new StartExecutionCommand({ stateMachineArn, name: 'it', input: '{"a":2}' })
    await expect(client.send(other)).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
  })

  test('cannot be used again until 90 days after its execution ended', async () => {
    const { client, clock, engine, db } = house()
    const start = async () => {
      await client.send(new StartExecutionCommand({ stateMachineArn, name: 'it' }))
      await engine.idle()
    }
    await start()
    await clock.advance(90 * 86_400_000 - 1)
    await expect(start()).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await clock.advance(1)
    await start()
    expect(db.prepare('SELECT count(*) AS n FROM sfn_execution').get()).toEqual({ n: 1 })
    expect(db.prepare('SELECT count(DISTINCT execution) AS n FROM sfn_event').get()).toEqual({
      n: 1,
    })
  })

  test.each(['', 'a b', 'a:b', 'a/b', 'a*', 'a"', 'a\u0000', 'x'.repeat(81)])(
    'may not be %j',
    async (name) => {
      const { call } = house()
      const started = call('StartExecution', { stateMachineArn, name })
      await expect(started).rejects.toMatchObject({ name: 'InvalidName' })
    },
  )
})

describe('refused by name is', () => {
  const executionArn = 'arn:aws:states:local:000000000000:execution:machine:nobody'
  test.each([
    ['StartSyncExecution', { stateMachineArn }, 'UnknownOperationException'],
    ['CreateStateMachine', {}, 'UnknownOperationException'],
    ['RedriveExecution', { executionArn }, 'UnknownOperationException'],
    ['StartExecution', { stateMachineArn: 'arn:x' }, 'InvalidArn'],
    ['StartExecution', { stateMachineArn: `${stateMachineArn}:1` }, 'InvalidArn'],
    ['StartExecution', { stateMachineArn: `${stateMachineArn}2` }, 'StateMachineDoesNotExist'],
    ['StartExecution', { stateMachineArn, input: '{' }, 'InvalidExecutionInput'],
    [
      'StartExecution',
      { stateMachineArn, input: `"${'x'.repeat(262_143)}"` },
      'InvalidExecutionInput',
    ],
    ['StartExecution', { stateMachineArn, colour: 'red' }, 'ValidationException'],
    ['StartExecution', {}, 'ValidationException'],
    ['DescribeExecution', { executionArn }, 'ExecutionDoesNotExist'],
    ['StopExecution', { executionArn }, 'ExecutionDoesNotExist'],
    ['GetExecutionHistory', { executionArn }, 'ExecutionDoesNotExist'],
    ['ListExecutions', { stateMachineArn, nextToken: 'forged' }, 'InvalidToken'],
    ['ListExecutions', { mapRunArn: 'x' }, 'ValidationException'],
  ])('%s %j', async (operation, input, name) => {
    const { call } = house()
    await expect(call(operation, input)).rejects.toMatchObject({ name })
  })

  test('what the SDK sends for anything else', async () => {
    const { client } = house()
    for (const command of [
      new StartSyncExecutionCommand({ stateMachineArn }),
      new CreateActivityCommand({ name: 'a' }),
    ]) {
      const sent = client.send(command as never)
      await expect(sent).rejects.toMatchObject({ name: 'UnknownOperationException' })
    }
  })
})
