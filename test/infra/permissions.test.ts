import { expect, test } from 'vitest'
import { permissions } from '../../infra/permissions.ts'
import { functionNames } from '../../infra/source-files.ts'
import { inOrder, needsOf } from './needs.ts'

test.each(functionNames())('%s may do what its code does, and nothing else', (name) => {
  expect(inOrder(permissions[name]!)).toEqual(needsOf(name))
})

test('R is written by the three steps that decide who may run a VM, by the report that accepts it, and by nobody else', () => {
  const writers = functionNames().filter((name) =>
    permissions[name]!.writes.where.some((pattern) =>
      'OWNER#vm-1'.startsWith(pattern.split('*')[0]!),
    ),
  )
  expect(writers).toEqual([
    'agent/report',
    'steps/finish-delete-vm',
    'steps/release-host',
    'steps/reserve-host',
  ])
})

test('only who reports for a host, or hands over a command, answers for a waiting step', () => {
  const answering = functionNames().filter((name) => permissions[name]!.answers.length > 0)
  expect(answering).toEqual(['agent/report', 'steps/send-command'])
})

test('the table has a line for every function, and for nothing else', () => {
  expect(Object.keys(permissions).toSorted()).toEqual(functionNames().toSorted())
})
