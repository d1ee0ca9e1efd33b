/**
 * States and what changes them, as a table: one for each concept, in the file of the concept. A transition that
 * the table does not hold is a STATE_FORBIDS failure that names the states which would have allowed it.
 */
import { Failure } from './contract/failures.ts'

export interface StateTable<State extends string, Verb extends string> {
  readonly resource: string
  readonly states: readonly [State, ...State[]]
  /** A verb without `to` is allowed in these states and leaves the state as it is. */
  readonly transitions: Readonly<Record<Verb, { from: readonly State[]; to?: State }>>
}

export const stateTable = <const State extends string, const Verb extends string>(
  table: StateTable<State, Verb>,
): StateTable<State, Verb> => table

/** The state that `verb` leads to, or STATE_FORBIDS. */
export const next = <State extends string, Verb extends string>(
  table: StateTable<State, Verb>,
  verb: Verb,
  current: { id: string; state: State },
): State => {
  const { from, to } = table.transitions[verb]
  if (from.includes(current.state)) return to ?? current.state
  throw new Failure('STATE_FORBIDS', undefined, {
    resource: table.resource,
    id: current.id,
    state: current.state,
    verb,
    allowed: from,
  })
}

export const allows = <State extends string, Verb extends string>(
  table: StateTable<State, Verb>,
  verb: Verb,
  state: State,
) => table.transitions[verb].from.includes(state)
