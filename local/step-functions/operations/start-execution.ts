/**
 * StartExecution. A name is an idempotency key: the same name with the same input while the execution runs
 * is the same execution; anything else under a name used in the last 90 days is refused.
 */
import * as z from 'zod'
import { executionArn } from '../arns.ts'
import { ServiceError } from '../errors.ts'
import type { Execution, Frame } from '../frames.ts'
import { dataDetails } from '../history.ts'
import type { Json } from '../json.ts'
import { maxPayloadBytes, retentionMs } from '../limits.ts'
import { isName } from '../names.ts'
import { forgetExecution, forgetExpired } from './forget.ts'
import { findMachine } from './find-machine.ts'
import { operation, type Home } from './operation.ts'

export const startExecution = operation(
  {
    stateMachineArn: z.string(),
    name: z.string().optional(),
    input: z.string().optional(),
    traceHeader: z.string().optional(),
  },
  (home, { stateMachineArn, name = crypto.randomUUID(), input = '{}' }) => {
    const machine = findMachine(home, stateMachineArn)
    if (!isName(name)) throw new ServiceError('InvalidName', `Invalid Name: '${name}'`)
    const data = parseInput(input)
    const now = home.clock.now()
    const earlier = home.journal.executionNamed(machine.name, name)
    if (earlier && !expired(earlier, now)) return startedBefore(earlier, input)
    if (earlier) forgetExecution(home.journal, earlier.id)
    forgetExpired(home.journal, now - retentionMs)
    const deadline =
      machine.timeoutSeconds === undefined ? null : now + machine.timeoutSeconds * 1_000
    const execution: Omit<Execution, 'id'> = {
      machine: machine.name,
      name,
      hash: machine.hash,
      status: 'RUNNING' as const,
      input,
      output: null,
      error: null,
      cause: null,
      startedAt: now,
      stoppedAt: null,
      deadline,
      events: 1,
    }
    return begin(home, execution, rootFrame(machine.startAt, data))
  },
)

function begin(
  home: Home,
  execution: Omit<Execution, 'id'>,
  root: Omit<Frame, 'id' | 'execution'>,
) {
  const frame = home.journal.create(execution, root, {
    id: 1,
    type: 'ExecutionStarted',
    at: execution.startedAt,
    previous: 0,
    path: '',
    details: { executionStartedEventDetails: dataDetails('input', root.input) },
  })
  home.driver.expect(execution.deadline)
  home.driver.follow(frame)
  home.announced()
  return started(execution)
}

function startedBefore(earlier: Execution, input: string) {
  if (earlier.status === 'RUNNING' && earlier.input === input) return started(earlier)
  throw new ServiceError(
    'ExecutionAlreadyExists',
    `Execution Already Exists: '${executionArn(earlier.machine, earlier.name)}'`,
  )
}

function started(execution: Omit<Execution, 'id'>) {
  return {
    executionArn: executionArn(execution.machine, execution.name),
    startDate: execution.startedAt / 1_000,
  }
}

function parseInput(input: string): Json {
  if (Buffer.byteLength(input) > maxPayloadBytes) {
    throw new ServiceError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: larger than ${maxPayloadBytes} bytes`,
    )
  }
  try {
    return JSON.parse(input) as Json
  } catch {
    throw new ServiceError(
      'InvalidExecutionInput',
      'Invalid State Machine Execution Input: not valid JSON',
    )
  }
}

function expired(execution: Execution, now: number): boolean {
  return execution.stoppedAt !== null && execution.stoppedAt + retentionMs <= now
}

function rootFrame(startAt: string, input: Json): Omit<Frame, 'id' | 'execution'> {
  return {
    parent: null,
    index: 0,
    phase: 'ready',
    path: '',
    state: startAt,
    turn: 1,
    enteredAt: 0,
    lastEvent: 1,
    input,
    variables: {},
    retries: [],
  }
}
