/**
 * A Map runs its inside once for each item. All items become frames at once; those beyond MaxConcurrency
 * wait as queued until another one ends.
 */
import type { Draft } from '../draft.ts'
import { evaluate, queryError } from '../expressions.ts'
import type { Frame } from '../frames.ts'
import type { Json } from '../json.ts'
import type { MapState } from '../shape.ts'
import { sightOf } from '../sight.ts'
import { complete } from './complete.ts'
import { limitPayload } from './payload-limit.ts'
import { childOf } from './parallel.ts'

export async function enterMap(draft: Draft, frame: Frame, state: MapState): Promise<void> {
  const items = await itemsOf(draft, frame, state)
  const atOnce = await concurrencyOf(draft, frame, state)
  const inputs = await inputsOf(draft, frame, state, items)
  draft.event(frame, 'MapStateStarted', { mapStateStartedEventDetails: { length: items.length } })
  if (items.length === 0) {
    draft.event(frame, 'MapStateSucceeded')
    return complete(draft, frame, [])
  }
  frame.phase = 'branching'
  for (const [index, value] of items.entries()) {
    const child = childOf(frame, index, state.ItemProcessor.StartAt, inputs[index]!)
    child.item = { index, value }
    draft.save(child)
  }
  const first = [...draft.saved].filter((other) => other.phase === 'queued').slice(0, atOnce)
  for (const child of first) beginItem(draft, frame, child)
}

export function beginItem(draft: Draft, parent: Frame, child: Frame): void {
  child.phase = 'ready'
  draft.event(child, 'MapIterationStarted', {
    mapIterationStartedEventDetails: { name: parent.state, index: child.index },
  })
  draft.save(child)
}

async function itemsOf(draft: Draft, frame: Frame, state: MapState): Promise<Json[]> {
  if (state.Items === undefined) {
    if (Array.isArray(frame.input)) return frame.input
    throw queryError('$states.input', 'Items', 'returned no array')
  }
  const items = await evaluate(state.Items, sightOf(draft, frame), 'Items')
  if (Array.isArray(items)) return items
  throw queryError(JSON.stringify(state.Items), 'Items', 'returned no array')
}

async function concurrencyOf(draft: Draft, frame: Frame, state: MapState): Promise<number> {
  if (state.MaxConcurrency === undefined) return Infinity
  const given = await evaluate(state.MaxConcurrency, sightOf(draft, frame), 'MaxConcurrency')
  if (Number.isInteger(given) && Number(given) >= 0) return Number(given) || Infinity
  throw queryError(String(state.MaxConcurrency), 'MaxConcurrency', 'returned no whole number')
}

async function inputsOf(
  draft: Draft,
  frame: Frame,
  state: MapState,
  items: Json[],
): Promise<Json[]> {
  if (state.ItemSelector === undefined) return items
  const inputs: Json[] = []
  for (const [index, value] of items.entries()) {
    const sight = sightOf(draft, frame, { item: { index, value } })
    const input = await evaluate(state.ItemSelector, sight, 'ItemSelector')
    limitPayload(input, `The input of item ${index} of state '${frame.state}'`)
    inputs.push(input)
  }
  return inputs
}
