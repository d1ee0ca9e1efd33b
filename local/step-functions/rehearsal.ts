/** A home for this room's tests: an engine on a database of its own, with time and functions in the test's hands. */
import { DatabaseSync } from 'node:sqlite'
import { ManualClock } from '../../core/clock.ts'
import { machineArn } from './arns.ts'
import { StepFunctionsEngine, type EngineOptions } from './engine.ts'
import type { Json, JsonObject } from './json.ts'
import { transcript, type TranscriptOptions } from './transcript.ts'

type Fn = (payload: never, signal: AbortSignal) => unknown

export interface Rehearsal {
  engine: StepFunctionsEngine
  clock: ManualClock
  db: DatabaseSync
  /** Starts an execution of the machine and lets it run until only time or the outside can move it. */
  start(input?: Json, name?: string): Promise<string>
  call(operation: string, input: object): Promise<JsonObject>
  /** Lets time pass from deadline to deadline until nobody sleeps any more. */
  untilTheEnd(): Promise<void>
  /** Lets this much time pass, stopping at every deadline in it. */
  pass(ms: number): Promise<void>
  outcome(arn: string): Promise<{ status: string; output?: Json; error?: string; cause?: string }>
  transcript(arn: string, options?: TranscriptOptions): string
}

export function rehearse(
  definition: object | undefined,
  functions: Record<string, Fn> = {},
  options: Partial<EngineOptions> = {},
): Rehearsal {
  const clock = (options.clock as ManualClock | undefined) ?? new ManualClock()
  const db = options.db ?? new DatabaseSync(':memory:')
  const invoke: EngineOptions['invoke'] = async (name, payload, signal) => {
    const fn = functions[name]
    if (!fn) throw Object.assign(new Error(`no function ${name}`), { name: 'NoSuchFunction' })
    return fn(payload as never, signal)
  }
  const engine = new StepFunctionsEngine({ random: () => 0.5, invoke, ...options, clock, db })
  if (definition) engine.define('machine', definition, {})
  engine.start()
  const call = (operation: string, input: object) =>
    engine.call(operation, input) as Promise<JsonObject>
  const step = async (ms: number) => {
    await clock.advance(ms)
    await engine.idle()
  }
  return {
    engine,
    clock,
    db,
    call,
    async start(input = {}, name) {
      const started = await call('StartExecution', {
        stateMachineArn: machineArn('machine'),
        input: JSON.stringify(input),
        ...(name !== undefined && { name }),
      })
      await engine.idle()
      return String(started.executionArn)
    },
    async untilTheEnd() {
      await engine.idle()
      for (let next = clock.nextIn(); next !== undefined; next = clock.nextIn()) await step(next)
    },
    async pass(ms) {
      await engine.idle()
      const end = clock.now() + ms
      for (let next = clock.nextIn(); next !== undefined; next = clock.nextIn()) {
        if (clock.now() + next > end) break
        await step(next)
      }
      await step(end - clock.now())
    },
    async outcome(arn) {
      const found = await call('DescribeExecution', { executionArn: arn })
      return {
        status: String(found.status),
        ...(found.output !== undefined && { output: JSON.parse(String(found.output)) as Json }),
        ...(found.error !== undefined && { error: String(found.error) }),
        ...(found.cause !== undefined && { cause: String(found.cause) }),
      }
    },
    transcript: (arn, shown) => transcript(db, arn, shown),
  }
}

/** A machine from its states. */
export function machine(startAt: string, states: object, more: object = {}): object {
  return { QueryLanguage: 'JSONata', StartAt: startAt, States: states, ...more }
}

export const invokeArn = 'arn:aws:states:::lambda:invoke'
export const callbackArn = 'arn:aws:states:::lambda:invoke.waitForTaskToken'

/** A Task that calls a function with the state's input and has what it returns as its output. */
export function task(functionName: string, more: object = { End: true }): object {
  return {
    Type: 'Task',
    Resource: invokeArn,
    Arguments: { FunctionName: functionName, Payload: '{% $states.input %}' },
    Output: '{% $states.result.Payload %}',
    ...more,
  }
}

/** A Task that hands its token to a function and waits for the callback. */
export function callback(functionName: string, more: object = { End: true }): object {
  return {
    Type: 'Task',
    Resource: callbackArn,
    Arguments: {
      FunctionName: functionName,
      Payload: { token: '{% $states.context.Task.Token %}', input: '{% $states.input %}' },
    },
    ...more,
  }
}

/** An error as a function throws it: what Retry and Catch see is its name. */
export function failure(name: string, message = ''): Error {
  return Object.assign(new Error(message), { name })
}
