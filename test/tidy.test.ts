/**
 * Taste as a test: whatever of the house's style a program can check. Each message says what to do
 * instead; each rule is itself tested with examples it must catch and near misses it must let pass.
 */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formRules, lengths } from './tidy/form.ts'
import { Source, houseOf, readHouse } from './tidy/house.ts'
import { proseRules } from './tidy/prose.ts'
import { roomRules } from './tidy/rooms.ts'
import { check } from './tidy/rule.ts'
import { worldRules } from './tidy/world.ts'

const house = readHouse(join(import.meta.dirname, '..'))
const manifest = house.sources.filter(({ path }) => path === 'package.json')

describe.each([...roomRules, ...worldRules, ...formRules, ...proseRules])(
  'in this house, $name',
  (rule) => {
    test('everywhere', () => {
      const findings = check(rule, house)
      expect(findings, `\n${findings.join('\n')}\n`).toEqual([])
    })

    test('and the rule would notice', () => {
      for (const [path, text] of rule.caught) {
        const example = houseOf([...manifest, new Source(path, text)])
        expect(check(rule, example), `${path}: ${text.slice(0, 80)}`).not.toEqual([])
      }
    })

    test('and would not complain about what is fine', () => {
      for (const [path, text] of rule.fine) {
        const example = houseOf([...manifest, new Source(path, text)])
        expect(check(rule, example), `${path}: ${text.slice(0, 80)}`).toEqual([])
      }
    })
  },
)

test('the files of the house are found, and most are short', () => {
  const { median, longest } = lengths(house.sources)
  const names = longest.map(({ path, lines }) => `${path} ${lines}`)
  console.log(`median source file: ${median} lines; longest: ${names.join(', ')}`)
  expect(house.has('core/clock.ts')).toBe(true)
  expect(median).toBeGreaterThan(0)
})
