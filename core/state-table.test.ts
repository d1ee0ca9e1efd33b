import { describe, expect, test } from 'vitest'
import type { Failure } from './contract/failures.ts'
import { hostStates } from './host.ts'
import { operationStates } from './operation.ts'
import { next, type StateTable } from './state-table.ts'
import { vmStates } from './vm.ts'

const tables: StateTable<string, string>[] = [vmStates, hostStates, operationStates]

describe.each(tables)('the states of a $resource', (table) => {
  const verbs = Object.entries(table.transitions)
  const pairs = verbs.flatMap(([verb, rule]) =>
    table.states.map((state) => ({ verb, state, rule, allowed: rule.from.includes(state) })),
  )

  test.each(pairs.filter(({ allowed }) => allowed))('$verb is allowed when $state', (pair) => {
    const after = next(table, pair.verb, { id: 'x', state: pair.state })
    expect(after).toBe(pair.rule.to ?? pair.state)
  })

  test.each(pairs.filter(({ allowed }) => !allowed))(
    '$verb is refused when $state, naming the states that allow it',
    ({ verb, state, rule }) => {
      expect(() => next(table, verb, { id: 'x', state })).toThrow(
        expect.objectContaining({
          code: 'STATE_FORBIDS',
          params: expect.objectContaining({ verb, state, allowed: rule.from }),
        }) as Failure,
      )
    },
  )

  test('every state but the first is reached by some verb, and every verb begins somewhere', () => {
    const reached = new Set(verbs.map(([, rule]) => rule.to))
    expect(table.states.slice(1).filter((state) => !reached.has(state))).toEqual(
      table.resource === 'vm' ? ['stopped'] : [],
    )
    expect(verbs.filter(([, rule]) => rule.from.length === 0)).toEqual([])
  })
})
