import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { Failure } from './contract/failures.ts'
import { limits, matches, parseFilter, pinned, type FilterFields } from './filter.ts'

const fields: FilterFields = {
  name: 'text',
  state: 'text',
  vcpus: 'number',
  createdAt: 'time',
  labels: 'map',
}
const vm = {
  name: 'web-1',
  state: 'running',
  vcpus: 4,
  createdAt: '2026-11-20T08:00:00.000Z',
  labels: { env: 'prod', 'app.io/tier': 'front' },
}
const holds = (filter: string) => matches(parseFilter(filter, fields), vm)
const codeOf = (filter: string) => {
  try {
    parseFilter(filter, fields)
  } catch (error) {
    if (error instanceof Failure) return error.code
    throw error
  }
  return 'accepted'
}

describe('a filter that holds for the vm', () => {
  test.each([
    'name = web-1',
    'name = "web-1"',
    'name = web-*',
    'name = *-1',
    'name = *eb*',
    'state != stopped',
    'vcpus >= 4 AND vcpus < 5',
    'state = stopped OR state = running AND vcpus = 4',
    'vcpus = 4 AND (state = stopped OR state = running)',
    'NOT state = stopped',
    '-state = stopped',
    'labels.env = prod',
    'labels:env',
    'labels.app.io/tier = front',
    'NOT labels:missing',
    'labels.missing != x',
    'createdAt > "2026-11-19T00:00:00Z"',
  ])('%s', (filter) => expect(holds(filter)).toBe(true))
})

describe('a filter that does not hold for the vm', () => {
  test.each([
    'name = web',
    'name != web-1',
    'vcpus > 4',
    'labels:missing',
    'labels.env = dev',
    'NOT (name = web-1)',
    'labels:constructor',
    'labels.constructor = x',
    'state = running AND state = stopped',
  ])('%s', (filter) => expect(holds(filter)).toBe(false))
})

test('OR binds tighter than AND', () => {
  expect(holds('state = stopped AND vcpus = 4 OR vcpus = 8')).toBe(false)
  expect(holds('vcpus = 4 OR vcpus = 8 AND state = running')).toBe(true)
})

describe('what cannot be read is refused by name', () => {
  test.each([
    '',
    'name',
    'name =',
    'name = )',
    '= x',
    'hostname = x',
    'constructor = x',
    'name < x',
    'vcpus = many',
    'createdAt > yesterday',
    'labels = x',
    'name : x',
    '(name = x',
    'name = x)',
    'name = x name = y',
    'name = "x',
    'AND',
    'name.x = y',
  ])('%s', (filter) => expect(codeOf(filter)).toBe('FILTER_INVALID'))
})

describe('a bomb is refused before it is worked on', () => {
  test.each([
    ['too long', `name = ${'x'.repeat(limits.length)}`],
    [
      'too many terms',
      Array(limits.terms + 1)
        .fill('vcpus = 1')
        .join(' AND '),
    ],
    ['too deep', `${'('.repeat(50)}vcpus = 1${')'.repeat(50)}`],
    ['too many negations', `${'NOT '.repeat(50)}vcpus = 1`],
  ])('%s', (_, filter) => expect(codeOf(filter)).toBe('FILTER_TOO_COMPLEX'))
})

test('rubbish is always a named failure, never anything else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      expect(['accepted', 'FILTER_INVALID', 'FILTER_TOO_COMPLEX']).toContain(codeOf(text))
    }),
    { numRuns: 2000 },
  )
})

test('a pinned field is found only where every match must have it', () => {
  const of = (filter: string) => pinned(parseFilter(filter, fields), 'state')
  expect(of('state = running')).toBe('running')
  expect(of('vcpus = 4 AND state = running')).toBe('running')
  expect(of('state = running OR vcpus = 4')).toBeUndefined()
  expect(of('NOT state = running')).toBeUndefined()
  expect(of('state = run*')).toBeUndefined()
})
