/**
 * A Task. Protocol: entering the state works out the call, with a fresh token when it is a callback task,
 * and stores it; only then the function is invoked. Its answer is the result, or for a callback task only
 * says that the call was made: then the token's holder brings the result, which may also come before the
 * answer. Whichever of answer, callback, deadline comes first wins; the others find another turn.
 */
import type { Draft } from '../draft.ts'
import { StateError, type Failure } from '../errors.ts'
import { evaluate } from '../expressions.ts'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { dueAt, type Call, type Frame } from '../frames.ts'
import { dataDetails } from '../history.ts'
import { resources } from '../resources.ts'
import type { TaskState } from '../shape.ts'
import { sightOf } from '../sight.ts'
import { complete } from './complete.ts'
import type { FrameHappening } from './happenings.ts'
import { excessOf, limitPayload } from './payload-limit.ts'
import { recover } from './recover.ts'
import { secondsOf } from './seconds.ts'

type Happened<Kind> = Extract<FrameHappening, { kind: Kind }>

export async function enterTask(draft: Draft, frame: Frame, state: TaskState): Promise<void> {
  const call = await callOf(draft, frame, state)
  const timeout = await limitOf(draft, frame, state, 'TimeoutSeconds')
  const heartbeat = await limitOf(draft, frame, state, 'HeartbeatSeconds')
  frame.call = call
  frame.phase = 'invoking'
  if (timeout !== undefined) frame.timeoutAt = draft.now + timeout * 1_000
  if (heartbeat !== undefined) {
    frame.heartbeatMs = heartbeat * 1_000
    frame.heartbeatAt = draft.now + frame.heartbeatMs
  }
  const parameters = { FunctionName: call.functionName, Payload: call.payload }
  draft.event(frame, 'TaskScheduled', {
    taskScheduledEventDetails: {
      ...which(draft, frame),
      region: 'local',
      parameters: JSON.stringify(parameters),
      ...(timeout !== undefined && { timeoutInSeconds: timeout }),
      ...(heartbeat !== undefined && { heartbeatInSeconds: heartbeat }),
    },
  })
  draft.event(frame, 'TaskStarted', { taskStartedEventDetails: which(draft, frame) })
}

async function callOf(draft: Draft, frame: Frame, state: TaskState): Promise<Call> {
  const token = resources.get(state.Resource)?.callsBack ? draft.around.newToken() : undefined
  const sight = sightOf(draft, frame, token === undefined ? {} : { token })
  const given = await evaluate(state.Arguments ?? frame.input, sight, 'Arguments')
  limitPayload(given, `The arguments of state '${frame.state}'`)
  if (!isObject(given) || typeof given.FunctionName !== 'string') {
    throw new StateError('States.Runtime', `State '${frame.state}' names no FunctionName to invoke`)
  }
  const { FunctionName: functionName, Payload: payload = {}, ...others } = given as JsonObject
  if (Object.keys(others).length > 0) {
    const names = Object.keys(others).join(', ')
    throw new StateError('States.Runtime', `Not supported for lambda:invoke: ${names}`)
  }
  return { functionName: functionName as string, payload, token }
}

async function limitOf(
  draft: Draft,
  frame: Frame,
  state: TaskState,
  field: 'TimeoutSeconds' | 'HeartbeatSeconds',
): Promise<number | undefined> {
  const given = state[field]
  return given === undefined ? undefined : secondsOf(draft, frame, given, field, 1)
}

export async function taskAnswered(
  draft: Draft,
  frame: Frame,
  { turn, answer }: Happened<'answered'>,
): Promise<boolean> {
  if (frame.phase !== 'invoking' || frame.turn !== turn) return false
  if ('failure' in answer) return failTask(draft, frame, answer.failure)
  const excess = excessOf(answer.output, `The answer of ${frame.call?.functionName}`)
  if (excess) return failTask(draft, frame, excess)
  const result: Json = { ExecutedVersion: '$LATEST', Payload: answer.output, StatusCode: 200 }
  if (frame.call?.token === undefined) return succeedTask(draft, frame, result)
  draft.event(frame, 'TaskSubmitted', {
    taskSubmittedEventDetails: { ...which(draft, frame), ...dataDetails('output', result) },
  })
  frame.phase = 'awaiting'
  draft.save(frame)
  return true
}

export async function taskCalledBack(
  draft: Draft,
  frame: Frame,
  { token, callback }: Happened<'called-back'>,
): Promise<boolean> {
  if (frame.call?.token !== token) return false
  if ((dueAt(frame) ?? Infinity) <= draft.now) return false
  if (callback === 'heartbeat') {
    if (frame.heartbeatMs !== undefined) frame.heartbeatAt = draft.now + frame.heartbeatMs
    draft.save(frame)
    return true
  }
  if ('failure' in callback) return failTask(draft, frame, callback.failure)
  return succeedTask(draft, frame, callback.output)
}

export async function taskDue(draft: Draft, frame: Frame): Promise<boolean> {
  const due = dueAt(frame)
  if (due === null || due > draft.now) return false
  const heartbeat = due === frame.heartbeatAt && due !== frame.timeoutAt
  const failure = heartbeat
    ? { error: 'States.HeartbeatTimeout', cause: 'No heartbeat came within HeartbeatSeconds' }
    : { error: 'States.Timeout', cause: 'The task ran longer than TimeoutSeconds' }
  draft.event(frame, 'TaskTimedOut', {
    taskTimedOutEventDetails: { ...which(draft, frame), ...failure },
  })
  await recover(draft, frame, new StateError(failure.error, failure.cause))
  return true
}

async function succeedTask(draft: Draft, frame: Frame, result: Json): Promise<true> {
  draft.event(frame, 'TaskSucceeded', {
    taskSucceededEventDetails: { ...which(draft, frame), ...dataDetails('output', result) },
  })
  await complete(draft, frame, result)
  return true
}

async function failTask(draft: Draft, frame: Frame, failure: Failure): Promise<true> {
  draft.event(frame, 'TaskFailed', {
    taskFailedEventDetails: { ...which(draft, frame), ...failure },
  })
  await recover(draft, frame, new StateError(failure.error, failure.cause))
  return true
}

function which(draft: Draft, frame: Frame): JsonObject {
  const { Resource: arn } = draft.stateOf(frame) as TaskState
  return { resourceType: 'lambda', resource: resources.get(arn)?.resource ?? arn }
}
