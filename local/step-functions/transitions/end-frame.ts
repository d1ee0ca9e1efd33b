/**
 * A frame comes to its end. The root's end is the execution's. A branch's or item's end lets the next
 * queued item begin, and the last one hands all outputs to the state that is waiting for them.
 */
import type { Draft } from '../draft.ts'
import type { Frame } from '../frames.ts'
import type { Json } from '../json.ts'
import { complete } from './complete.ts'
import { beginItem } from './map.ts'
import { succeedExecution } from './settle-execution.ts'

export async function endFrame(draft: Draft, frame: Frame, output: Json): Promise<void> {
  const parent = draft.parentOf(frame)
  if (!parent) return succeedExecution(draft, frame, output)

  frame.phase = 'done'
  frame.output = output
  draft.save(frame)
  const ofMap = draft.stateOf(parent).Type === 'Map'
  if (ofMap) {
    draft.event(frame, 'MapIterationSucceeded', {
      mapIterationSucceededEventDetails: { name: parent.state, index: frame.index },
    })
  }
  const { nursery } = draft.around
  if (!nursery.othersUnfinished(frame)) return gather(draft, frame, parent)
  const next = ofMap ? nursery.nextQueued(parent) : undefined
  if (next) beginItem(draft, parent, next)
}

async function gather(draft: Draft, last: Frame, parent: Frame): Promise<void> {
  const outputs = draft.around.nursery
    .childrenOf(parent)
    .map((child) => (child.id === last.id ? last : child))
    .sort((one, other) => one.index - other.index)
    .map((child) => child.output ?? null)
  draft.prune(parent)
  parent.lastEvent = last.lastEvent
  draft.event(parent, `${draft.stateOf(parent).Type}StateSucceeded`)
  await complete(draft, parent, outputs)
}
