/** A state is left: its Assign and Output are evaluated on the same values, then the frame moves on or ends. */
import type { Draft } from '../draft.ts'
import { StateError } from '../errors.ts'
import { evaluate } from '../expressions.ts'
import { disarm, moveTo, type Frame } from '../frames.ts'
import { dataDetails } from '../history.ts'
import { jsonBytes, type Json, type JsonObject } from '../json.ts'
import { maxVariableBytes } from '../limits.ts'
import { sightOf, type Seen } from '../sight.ts'
import { endFrame } from './end-frame.ts'
import { limitPayload } from './payload-limit.ts'

/** The part of a state, of a Choice's rule or of a catcher that says how to go on. */
export interface WayOut {
  Assign?: JsonObject | undefined
  Output?: Json | undefined
  Next?: string | undefined
  End?: true | undefined
}

export async function leave(
  draft: Draft,
  frame: Frame,
  way: WayOut,
  seen: Seen = {},
  field = '',
): Promise<void> {
  const sight = sightOf(draft, frame, seen)
  const otherwise = seen.result ?? seen.errorOutput ?? frame.input
  const output =
    way.Output === undefined ? otherwise : await evaluate(way.Output, sight, `${field}Output`)
  const assigned = (await evaluate(way.Assign ?? {}, sight, `${field}Assign`)) as JsonObject
  limitPayload(output, `The output of state '${frame.state}'`)
  limitVariables(frame, assigned)

  frame.variables = { ...frame.variables, ...assigned }
  const { Type: type } = draft.stateOf(frame)
  draft.event(frame, `${type}StateExited`, {
    stateExitedEventDetails: { name: frame.state, ...dataDetails('output', output) },
  })
  draft.save(frame)
  if (way.Next !== undefined) return moveTo(frame, way.Next, output)
  disarm(frame)
  frame.turn += 1
  await endFrame(draft, frame, output)
}

function limitVariables(frame: Frame, assigned: JsonObject): void {
  if (Object.keys(assigned).length === 0) return
  limitPayload(assigned, `What state '${frame.state}' assigns to variables`)
  if (jsonBytes({ ...frame.variables, ...assigned }) > maxVariableBytes) {
    throw new StateError(
      'States.DataLimitExceeded',
      `The variables are larger than ${maxVariableBytes} bytes together`,
    )
  }
}
