/** A state machine as a graph: which state leads to which, and where that is an attestation. */
import { partsOf, scopesOf } from '../../local/step-functions/walk-definition.ts'
import type { Machine } from './machines.ts'

export interface Edge {
  from: string
  to: string
  attests: boolean
}

/** Which edges say that nothing came of the command: the host's own word, or that it was withdrawn before it was taken. */
const attestingCondition = /^\{% \$decision = '(nothing came of it|ask another host)' %\}$/

export const edgesOf = ({ definition }: Machine): Edge[] =>
  scopesOf(definition).flatMap(({ states }) =>
    states.flatMap(([from, state]) => {
      const plain = [state.Next, state.Default].filter((to) => typeof to === 'string')
      const caught = partsOf(state, 'Catch').map(({ Next, ErrorEquals }) => ({
        from,
        to: String(Next),
        attests: String(ErrorEquals) === 'COMMAND_FAILED',
      }))
      const chosen = partsOf(state, 'Choices').map(({ Next, Condition }) => ({
        from,
        to: String(Next),
        attests: attestingCondition.test(String(Condition)),
      }))
      return [...plain.map((to) => ({ from, to, attests: false })), ...caught, ...chosen]
    }),
  )

/** The edges that an execution went along, from its transcript: states stand two spaces in, each with its moment. */
export const edgesIn = (transcript: string): string[] => {
  const states = [...transcript.matchAll(/^ {2}(\w+) \[[\d.]+ s\]/gm)].map((match) => match[1])
  return states.slice(1).map((to, index) => `${states[index]} → ${to}`)
}
