/**
 * Runs functions in this process, as Lambda runs them for its callers: the event and the answer cross as JSON, so
 * nothing that would not survive the wire leaks; a function has a time, its payloads have a size, and what it throws
 * comes back by name. A function that overran its time cannot be stopped here; its answer is ignored.
 */
import { randomUUID } from 'node:crypto'
import type { Context } from 'aws-lambda'
import type { Clock } from '../../core/clock.ts'
import { functionTimeoutSeconds } from '../../core/contract/cloud.ts'
import { asFunctionError, FunctionError, LambdaError } from './failures.ts'
import type { FunctionName } from '../../core/contract/function-name.ts'
import type { Functions, Handler } from './functions.ts'

export const payloadLimitBytes = 6 * 1024 * 1024
const concurrencyLimit = 1000

export interface RuntimeOptions {
  functions: Functions
  clock: Clock
}

export class FunctionRuntime {
  readonly #functions: Functions
  readonly #clock: Clock
  readonly #running = new Set<Promise<unknown>>()

  constructor({ functions, clock }: RuntimeOptions) {
    this.#functions = functions
    this.#clock = clock
  }

  has(name: string): name is FunctionName {
    return this.#functions.names.has(name as FunctionName)
  }

  /** Resolves with what the function answered; rejects with FunctionError or LambdaError. */
  readonly invoke = async (name: string, event: unknown): Promise<unknown> => {
    if (!this.has(name))
      throw new LambdaError('ResourceNotFoundException', `Function not found: ${name}`)
    if (this.#running.size >= concurrencyLimit)
      throw new LambdaError('TooManyRequestsException', 'Rate Exceeded.')
    const payload = JSON.stringify(event ?? null)
    if (Buffer.byteLength(payload) > payloadLimitBytes)
      throw new LambdaError('RequestTooLargeException', `${name}: the event is over 6 MB`)
    return this.#run(name, payload)
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  async #run(name: FunctionName, payload: string): Promise<unknown> {
    const milliseconds = functionTimeoutSeconds * 1000
    const deadline = this.#clock.now() + milliseconds
    const context = contextOf(name, () => deadline - this.#clock.now())
    const running = this.#functions
      .load(name)
      .then((handler) => run(handler, payload, context))
      .catch((thrown: unknown) => Promise.reject(asFunctionError(thrown)))
    const settled = running.catch(() => {}).finally(() => this.#running.delete(settled))
    this.#running.add(settled)
    const answered = new AbortController()
    const overrun = this.#clock.sleep(milliseconds, answered.signal).then(() => {
      const text = `Task timed out after ${functionTimeoutSeconds}.00 seconds`
      throw new FunctionError(
        'Sandbox.Timedout',
        `RequestId: ${context.awsRequestId} Error: ${text}`,
      )
    })
    overrun.catch(() => {})
    try {
      return await Promise.race([running, overrun])
    } finally {
      answered.abort()
    }
  }
}

async function run(handler: Handler, payload: string, context: Context): Promise<unknown> {
  const result = (await handler(JSON.parse(payload), context)) ?? null
  const text = marshal(result)
  if (Buffer.byteLength(text) > payloadLimitBytes)
    throw new FunctionError('Function.ResponseSizeTooLarge', 'Response payload size exceeded 6 MB')
  return JSON.parse(text)
}

function marshal(result: unknown): string {
  try {
    return JSON.stringify(result) ?? 'null'
  } catch (error) {
    throw new FunctionError('Runtime.MarshalError', `Unable to stringify: ${String(error)}`)
  }
}

function contextOf(name: FunctionName, remaining: () => number): Context {
  const unused = () => {
    throw new Error('done, fail and succeed are not supported: return or throw')
  }
  return {
    awsRequestId: randomUUID(),
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: remaining,
    done: unused,
    fail: unused,
    succeed: unused,
  }
}

/** As state machines hear of it: what is Lambda's own trouble begins with `Lambda.`, so that they can try again. */
export const invokeForSteps =
  (runtime: FunctionRuntime) =>
  async (functionName: string, payload: unknown): Promise<unknown> => {
    try {
      return await runtime.invoke(functionName, payload)
    } catch (error) {
      if (!(error instanceof LambdaError)) throw error
      throw Object.assign(new Error(error.message), { name: `Lambda.${error.name}` })
    }
  }
