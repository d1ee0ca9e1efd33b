/** A Fail state names the failure that ends its branch. */
import type { Draft } from '../draft.ts'
import { StateError } from '../errors.ts'
import { evaluate, queryError } from '../expressions.ts'
import type { Frame } from '../frames.ts'
import type { FailState } from '../shape.ts'
import { sightOf } from '../sight.ts'

export async function enterFail(draft: Draft, frame: Frame, state: FailState): Promise<void> {
  throw new StateError(
    await textOf(draft, frame, state.Error, 'Error'),
    await textOf(draft, frame, state.Cause, 'Cause'),
  )
}

async function textOf(draft: Draft, frame: Frame, template: string | undefined, field: string) {
  if (template === undefined) return ''
  const text = await evaluate(template, sightOf(draft, frame), field)
  if (typeof text !== 'string') throw queryError(template, field, 'returned no string')
  return text
}
