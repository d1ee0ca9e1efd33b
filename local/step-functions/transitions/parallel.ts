/** A Parallel runs its branches as child frames; all get the same input. */
import type { Draft } from '../draft.ts'
import { evaluate } from '../expressions.ts'
import type { Frame } from '../frames.ts'
import type { Json } from '../json.ts'
import type { ParallelState } from '../shape.ts'
import { sightOf } from '../sight.ts'
import { limitPayload } from './payload-limit.ts'

export async function enterParallel(
  draft: Draft,
  frame: Frame,
  state: ParallelState,
): Promise<void> {
  const input =
    state.Arguments === undefined
      ? frame.input
      : await evaluate(state.Arguments, sightOf(draft, frame), 'Arguments')
  limitPayload(input, `The input of the branches of state '${frame.state}'`)
  draft.event(frame, 'ParallelStateStarted')
  frame.phase = 'branching'
  for (const [index, branch] of state.Branches.entries()) {
    const child = childOf(frame, index, branch.StartAt, input)
    child.phase = 'ready'
    draft.save(child)
  }
}

/** A frame for a branch or an item of the state its parent has just started. */
export function childOf(parent: Frame, index: number, state: string, input: Json): Frame {
  return {
    id: 0,
    execution: parent.execution,
    parent: parent.id,
    index,
    phase: 'queued',
    path: `${parent.path}${parent.lastEvent}:${index}/`,
    state,
    turn: 1,
    enteredAt: 0,
    lastEvent: parent.lastEvent,
    input,
    variables: {},
    retries: [],
  }
}
