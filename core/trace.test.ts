import { expect, test } from 'vitest'
import { continueTrace, readTrace, traceparentOf } from './trace.ts'

const given = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

test('a given trace goes on under a span of its own', () => {
  const trace = continueTrace(given)
  expect(trace.traceId).toBe('a'.repeat(32))
  expect(trace.parentId).not.toBe('b'.repeat(16))
  expect(readTrace(traceparentOf(trace))).toEqual(trace)
})

test.each([
  undefined,
  '',
  'rubbish',
  given.replace('a'.repeat(32), '0'.repeat(32)),
  `${given}x`,
  given.toUpperCase(),
])('from %j a new trace begins', (header) => {
  const { traceId } = continueTrace(header)
  expect(traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(traceId).not.toBe('a'.repeat(32))
})
