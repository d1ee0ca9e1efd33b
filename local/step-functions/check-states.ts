/** What the shape alone does not say about Task, Wait, Retry and Catch. */
import { isExpression } from './expression-text.ts'
import { isObject } from './json.ts'
import { resources } from './resources.ts'
import { partsOf, type VisitedScope } from './walk-definition.ts'

const raisedNames = new Set([
  'States.ALL',
  'States.DataLimitExceeded',
  'States.HeartbeatTimeout',
  'States.NoChoiceMatched',
  'States.Permissions',
  'States.QueryEvaluationError',
  'States.Runtime',
  'States.TaskFailed',
  'States.Timeout',
])

export function checkStates(scopes: VisitedScope[]): string[] {
  return scopes.flatMap(({ at, states }) =>
    states.flatMap(([name, state]) => {
      const place = `${at}/States/${name}`
      if (state.Type === 'Wait') return checkWait(place, state)
      const recovery = [
        ...checkErrorNames(place, state, 'Retry'),
        ...checkErrorNames(place, state, 'Catch'),
        ...checkDelays(place, state),
      ]
      return state.Type === 'Task' ? [...checkTask(place, state), ...recovery] : recovery
    }),
  )
}

function checkTask(place: string, state: Record<string, unknown>): string[] {
  if (typeof state.Resource !== 'string') return []
  const resource = resources.get(state.Resource)
  if (!resource) return [`${place}/Resource: ${state.Resource} is not supported`]
  return [
    ...checkArguments(place, state.Arguments),
    ...(resource.callsBack ? checkToken(place, state) : checkNoHeartbeat(place, state)),
    ...checkHeartbeat(place, state),
  ]
}

function checkArguments(place: string, given: unknown): string[] {
  if (typeof given === 'string' && isExpression(given)) return []
  if (!isObject(given)) return [`${place}/Arguments: must name the FunctionName to invoke`]
  const unknown = Object.keys(given)
    .filter((key) => key !== 'FunctionName' && key !== 'Payload')
    .map((key) => `${place}/Arguments/${key}: not supported for lambda:invoke`)
  return typeof given.FunctionName === 'string'
    ? unknown
    : [`${place}/Arguments/FunctionName: must be given`, ...unknown]
}

function checkToken(place: string, state: Record<string, unknown>): string[] {
  return JSON.stringify(state.Arguments ?? null).includes('$states.context')
    ? []
    : [`${place}/Arguments: nobody could call back: $states.context.Task.Token is not passed on`]
}

function checkNoHeartbeat(place: string, state: Record<string, unknown>): string[] {
  return state.HeartbeatSeconds === undefined
    ? []
    : [`${place}/HeartbeatSeconds: only a .waitForTaskToken task can send heartbeats`]
}

function checkHeartbeat(place: string, state: Record<string, unknown>): string[] {
  const { HeartbeatSeconds: heartbeat, TimeoutSeconds: timeout } = state
  return typeof heartbeat === 'number' && typeof timeout === 'number' && heartbeat >= timeout
    ? [`${place}/HeartbeatSeconds: must be smaller than TimeoutSeconds`]
    : []
}

function checkWait(place: string, state: Record<string, unknown>): string[] {
  const { Seconds: seconds, Timestamp: timestamp } = state
  if ((seconds === undefined) === (timestamp === undefined)) {
    return [`${place}: must have either Seconds or Timestamp`]
  }
  return typeof timestamp === 'string' && !isExpression(timestamp) && !isTimestamp(timestamp)
    ? [`${place}/Timestamp: must be a time such as 2026-01-31T12:00:00Z`]
    : []
}

const timestampShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

export function isTimestamp(text: string): boolean {
  return timestampShape.test(text) && !Number.isNaN(Date.parse(text))
}

function checkErrorNames(
  place: string,
  state: Record<string, unknown>,
  field: 'Retry' | 'Catch',
): string[] {
  const parts = partsOf(state, field)
  return parts.flatMap((part, index) => {
    const names: unknown[] = Array.isArray(part.ErrorEquals) ? part.ErrorEquals : []
    const where = `${place}/${field}/${index}/ErrorEquals`
    const problems = names
      .filter((name) => String(name).startsWith('States.') && !raisedNames.has(String(name)))
      .map((name) => `${where}: ${String(name)} is never raised here`)
    if (names.includes('States.ALL') && (names.length > 1 || index < parts.length - 1)) {
      problems.push(`${where}: States.ALL must stand alone and last`)
    }
    return problems
  })
}

function checkDelays(place: string, state: Record<string, unknown>): string[] {
  return partsOf(state, 'Retry').flatMap((retrier, index) =>
    typeof retrier.MaxDelaySeconds === 'number' &&
    retrier.MaxDelaySeconds <= Number(retrier.IntervalSeconds ?? 1)
      ? [`${place}/Retry/${index}/MaxDelaySeconds: must be greater than IntervalSeconds`]
      : [],
  )
}
