/** The first rule whose condition is true decides where to go; without one the default does. */
import type { Draft } from '../draft.ts'
import { StateError } from '../errors.ts'
import { evaluate, queryError } from '../expressions.ts'
import type { Frame } from '../frames.ts'
import type { ChoiceState } from '../shape.ts'
import { sightOf } from '../sight.ts'
import { leave } from './leave.ts'

export async function enterChoice(draft: Draft, frame: Frame, state: ChoiceState): Promise<void> {
  const sight = sightOf(draft, frame)
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/`
    const holds = await evaluate(rule.Condition, sight, `${field}Condition`)
    if (typeof holds !== 'boolean') {
      const problem = `returned ${JSON.stringify(holds)} where true or false was expected`
      throw queryError(rule.Condition, `${field}Condition`, problem)
    }
    if (holds) return leave(draft, frame, rule, {}, field)
  }
  if (state.Default === undefined) {
    throw new StateError('States.NoChoiceMatched', `No choice of state '${frame.state}' matched`)
  }
  const { Assign, Output } = state
  return leave(draft, frame, { Assign, Output, Next: state.Default })
}
