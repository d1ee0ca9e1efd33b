/** A number of seconds that a definition gives, or has worked out by an expression. */
import type { Draft } from '../draft.ts'
import { evaluate, queryError } from '../expressions.ts'
import type { Frame } from '../frames.ts'
import { maxSeconds } from '../limits.ts'
import { sightOf } from '../sight.ts'

export async function secondsOf(
  draft: Draft,
  frame: Frame,
  given: number | string,
  field: string,
  least: number,
): Promise<number> {
  const seconds = await evaluate(given, sightOf(draft, frame), field)
  if (Number.isInteger(seconds) && Number(seconds) >= least && Number(seconds) <= maxSeconds) {
    return Number(seconds)
  }
  const problem = `returned ${JSON.stringify(seconds)}, not a whole number from ${least} to ${maxSeconds}`
  throw queryError(String(given), field, problem)
}
