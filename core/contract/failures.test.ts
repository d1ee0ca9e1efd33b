import { describe, expect, test } from 'vitest'
import { Failure, failureCodes, failures, kindOf, Problem, problemOf } from './failures.ts'

describe.each(failureCodes)('%s', (code) => {
  test('has an error status, a title and something that helps', () => {
    const kind = kindOf(code)
    expect(kind.status).toBeGreaterThanOrEqual(400)
    expect(kind.title.length).toBeGreaterThan(5)
    expect(kind.fix.length).toBeGreaterThan(0)
  })

  test('is told as a valid problem', () => {
    const problem = problemOf(new Failure(code, undefined, {}), { traceId: 'a'.repeat(32) })
    expect(Problem.parse(problem)).toMatchObject({ code, status: failures[code].status })
  })
})

test('parameters fill the texts and commands; what is missing stays visible as a name', () => {
  const failure = new Failure('STATE_FORBIDS', undefined, {
    resource: 'vm',
    id: 'vm-1',
    state: 'creating',
    verb: 'delete',
    allowed: ['running', 'stopped'],
  })
  const problem = problemOf(failure)
  expect(problem.detail).toBe('The vm is creating; delete needs it to be running, stopped')
  expect(problem.fix[0]?.command).toBe('npx novacron vm get vm-1')
})

test('a retry time is told in the body too', () => {
  const problem = problemOf(new Failure('RATE_LIMITED', undefined, { retryAfterSeconds: 7 }))
  expect(problem).toMatchObject({ retryable: true, retryAfterMs: 7000 })
})
