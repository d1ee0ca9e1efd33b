import { expect, test } from 'vitest'
import { idOf, newId } from './ids.ts'

test('an id says what it is, fits its schema and is safe in a path', () => {
  const id = newId('vm', Date.UTC(2026, 10, 20))
  expect(idOf('vm').parse(id)).toBe(id)
  expect(id).toMatch(/^[a-z0-9-]{1,40}$/)
  expect(idOf('host').safeParse(id).success).toBe(false)
})

test('ids sort by the moment of creation', () => {
  const moments = [
    0,
    1,
    1_000,
    Date.UTC(2026, 0, 1),
    Date.UTC(2026, 0, 1) + 1,
    Date.UTC(2300, 0, 1),
  ]
  const ids = moments.map((moment) => newId('vm', moment))
  expect(ids.toSorted()).toEqual(ids)
})

test('two ids of the same moment differ', () => {
  const ids = Array.from({ length: 1000 }, () => newId('operation', 5))
  expect(new Set(ids).size).toBe(1000)
})

test.each(['vm-', 'vm-ILO', 'vm-../etc', 'vm-a b', `vm-${'a'.repeat(27)}`, 'VM-abc', 'abc'])(
  '%j is refused as a VM id',
  (text) => expect(idOf('vm').safeParse(text).success).toBe(false),
)
