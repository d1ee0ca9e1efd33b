import { describe, expect, test } from 'vitest'
import { functionTimeoutSeconds } from '../../core/contract/cloud.ts'
import { ManualClock, systemClock, type Clock } from '../../core/clock.ts'
import { unkind } from './adversity.ts'
import { FunctionError } from './failures.ts'
import { pascalCase, type FunctionName } from '../../core/contract/function-name.ts'
import { findFunctions, stepSubstitutions, type Handler } from './functions.ts'
import { FunctionRuntime, invokeForSteps, payloadLimitBytes } from './runtime.ts'

const name = 'steps/test' as const
const runtimeOf = (handler: Handler, clock: Clock = systemClock) =>
  new FunctionRuntime({
    functions: { names: new Set<FunctionName>([name]), load: async () => handler },
    clock,
  })

test('event and answer cross as JSON: nothing shared, nothing that JSON does not know', async () => {
  const shared = { list: [1], at: new Date(0), gone: undefined }
  let seen: unknown
  const runtime = runtimeOf((event) => {
    seen = event
    ;(event as { list: number[] }).list.push(2)
    return { when: new Date(0), gone: undefined, not: Number.NaN }
  })
  expect(await runtime.invoke(name, shared)).toEqual({
    when: '1970-01-01T00:00:00.000Z',
    not: null,
  })
  expect(seen).toEqual({ list: [1, 2], at: '1970-01-01T00:00:00.000Z' })
  expect(shared.list).toEqual([1])
})

test('a function knows its name, its request and how much time it has left', async () => {
  const clock = new ManualClock()
  const runtime = runtimeOf(async (_, context) => {
    await clock.sleep(4_000)
    const { functionName, awsRequestId } = context
    return { functionName, awsRequestId, left: context.getRemainingTimeInMillis() }
  }, clock)
  const answer = runtime.invoke(name, {})
  await new Promise((resolve) => setImmediate(resolve))
  await clock.advance(4_000)
  expect(await answer).toEqual({
    functionName: name,
    awsRequestId: expect.any(String) as string,
    left: functionTimeoutSeconds * 1000 - 4_000,
  })
})

test('nothing becomes null', async () => {
  expect(await runtimeOf(() => undefined).invoke(name, undefined)).toBeNull()
})

describe('a failure has the name that state machines match on', () => {
  class CONFLICT extends Error {
    override name = 'CONFLICT'
  }
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const throws = (thrown: unknown) => () => {
    throw thrown
  }
  test.for<[string, Handler, string]>([
    ['what it threw', throws(new CONFLICT('lost')), 'CONFLICT'],
    ['what it threw, later', async () => Promise.reject(new TypeError('x')), 'TypeError'],
    ['something that is no error', throws('text'), 'Error'],
    ['an answer that is not JSON', () => cyclic, 'Runtime.MarshalError'],
    ['an answer over 6 MB', () => 'x'.repeat(payloadLimitBytes), 'Function.ResponseSizeTooLarge'],
  ])('%s', async ([, handler, errorType]) => {
    const failure: unknown = await runtimeOf(handler)
      .invoke(name, {})
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FunctionError)
    expect(failure).toMatchObject({ name: errorType, errorType })
  })

  test('time that ran out', async () => {
    const clock = new ManualClock()
    const runtime = runtimeOf(() => new Promise(() => {}), clock)
    const failure = runtime.invoke(name, {}).catch((error: unknown) => error)
    await clock.advance(functionTimeoutSeconds * 1000)
    expect(await failure).toMatchObject({
      name: 'Sandbox.Timedout',
      message: expect.stringContaining('Task timed out after 29.00 seconds') as string,
    })
  })

  test('an event over 6 MB, and a function that is not there', async () => {
    const runtime = runtimeOf(() => null)
    await expect(runtime.invoke(name, 'x'.repeat(payloadLimitBytes))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
    })
    await expect(runtime.invoke('steps/absent', {})).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(invokeForSteps(runtime)('steps/absent', {})).rejects.toMatchObject({
      name: 'Lambda.ResourceNotFoundException',
    })
  })
})

test('what is idle has let everything end, also what overran its time', async () => {
  const clock = new ManualClock()
  const { promise, resolve } = Promise.withResolvers<void>()
  const runtime = runtimeOf(() => promise, clock)
  const answer = runtime.invoke(name, {}).catch(() => 'timed out')
  await clock.advance(functionTimeoutSeconds * 1000)
  expect(await answer).toBe('timed out')
  let idle = false
  const waited = runtime.idle().then(() => (idle = true))
  await new Promise((done) => setImmediate(done))
  expect(idle).toBe(false)
  resolve()
  await waited
})

test('adversity runs a function twice and loses answers', async () => {
  let runs = 0
  const count = async () => ++runs
  const never = { random: () => 0.5 }
  expect(await unkind(count, { ...never, duplicateInvocations: 1 })(name, {})).toBe(2)
  await expect(unkind(count, { ...never, lostAnswers: 1 })(name, {})).rejects.toMatchObject({
    name: 'ServiceException',
  })
  expect(runs).toBe(3)
  expect(await unkind(count, never)(name, {})).toBe(4)
})

describe('functions are found by their files', () => {
  const functions = findFunctions()

  test('without their tests', () => {
    expect(functions.names).toContain('api/create-vm')
    expect(functions.names).toContain('api/refuse-route')
    expect([...functions.names].filter((found) => found.includes('.'))).toEqual([])
  })

  test('and every one of them can be loaded', async () => {
    for (const found of functions.names)
      expect(typeof (await functions.load(found))).toBe('function')
  })

  test('and state machines name them by their files in PascalCase', () => {
    expect(pascalCase('choose-host-2')).toBe('ChooseHost2')
    expect(stepSubstitutions(functions)).toMatchObject({ ChooseHost: 'steps/choose-host' })
  })
})
