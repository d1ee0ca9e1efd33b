/** What the expressions of a state see: `$states` with the context object, and the variables in scope. */
import { executionArn, machineArn } from './arns.ts'
import type { Draft } from './draft.ts'
import type { Sight } from './expressions.ts'
import { retryCount, type Frame } from './frames.ts'
import type { Json, JsonObject } from './json.ts'

export interface Seen {
  result?: Json
  errorOutput?: JsonObject
  token?: string
  item?: { index: number; value: Json }
}

export function sightOf(draft: Draft, frame: Frame, seen: Seen = {}): Sight {
  const states: JsonObject = { input: frame.input, context: contextOf(draft, frame, seen) }
  if (seen.result !== undefined) states.result = seen.result
  if (seen.errorOutput !== undefined) states.errorOutput = seen.errorOutput
  return {
    states,
    variables: variablesOf(draft, frame),
    now: draft.now,
    random: draft.around.random,
  }
}

export function variablesOf(draft: Draft, frame: Frame): JsonObject {
  const parent = draft.parentOf(frame)
  return parent ? { ...variablesOf(draft, parent), ...frame.variables } : frame.variables
}

function contextOf(draft: Draft, frame: Frame, seen: Seen): JsonObject {
  const { execution } = draft.around
  const context: JsonObject = {
    Execution: {
      Id: executionArn(execution.machine, execution.name),
      Input: JSON.parse(execution.input) as Json,
      Name: execution.name,
      RoleArn: 'arn:aws:iam::000000000000:role/local',
      StartTime: new Date(execution.startedAt).toISOString(),
      RedriveCount: 0,
    },
    State: {
      Name: frame.state,
      EnteredTime: new Date(frame.enteredAt).toISOString(),
      RetryCount: retryCount(frame),
    },
    StateMachine: { Id: machineArn(execution.machine), Name: execution.machine },
  }
  const item = seen.item ?? itemOf(draft, frame)
  if (item) context.Map = { Item: { Index: item.index, Value: item.value } }
  if (seen.token !== undefined) context.Task = { Token: seen.token }
  return context
}

/** The item of the nearest Map around a frame. */
function itemOf(draft: Draft, frame: Frame): Frame['item'] {
  if (frame.item) return frame.item
  const parent = draft.parentOf(frame)
  return parent && itemOf(draft, parent)
}
