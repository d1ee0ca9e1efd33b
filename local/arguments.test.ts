import { expect, test } from 'vitest'
import { readArguments, UsageError } from './arguments.ts'

test('without arguments it starts on port 7600 with three hosts in .novacron', () => {
  expect(readArguments([], undefined)).toEqual({
    home: '.novacron',
    port: 7600,
    hosts: 3,
    once: false,
    json: false,
    help: false,
  })
})

test('the argument goes before the environment', () => {
  expect(readArguments([], '/srv/a').home).toBe('/srv/a')
  expect(readArguments(['--home', '/srv/b'], '/srv/a').home).toBe('/srv/b')
})

test.for([
  ['--nothing'],
  ['word'],
  ['--port'],
  ['--port', 'x'],
  ['--port', '-1'],
  ['--port', '65536'],
  ['--hosts', '1.5'],
  ['--hosts', ''],
  ['--home', ''],
  ['--once=yes'],
])('%j is refused', (args) => {
  expect(() => readArguments(args, undefined)).toThrow(UsageError)
})
