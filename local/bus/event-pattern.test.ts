import { describe, expect, test } from 'vitest'
import { triggers } from '../../core/contract/cloud.ts'
import { compilePattern } from './event-pattern.ts'

const event = {
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  detail: {
    status: 'FAILED',
    name: 'op-1',
    tries: 3,
    share: 0.5,
    late: true,
    output: null,
    empty: '',
    tags: ['red', 'Blue'],
    steps: [
      { name: 'choose', ms: 5 },
      { name: 'reserve', ms: 70 },
    ],
    file: 'a*b.json',
  },
}

describe('a pattern matches as EventBridge matches', () => {
  test.for<[object, boolean]>([
    // exact
    [{ source: ['aws.states'] }, true],
    [{ source: ['aws.s3', 'aws.states'] }, true],
    [{ source: ['aws.s3'] }, false],
    [{ source: ['AWS.STATES'] }, false],
    [{ nothing: ['aws.states'] }, false],
    [{ detail: { tries: [3] } }, true],
    [{ detail: { tries: [3.0] } }, true],
    [{ detail: { tries: ['3'] } }, false],
    [{ detail: { late: [true] } }, true],
    [{ detail: { late: ['true'] } }, false],
    [{ detail: { output: [null] } }, true],
    [{ detail: { missing: [null] } }, false],
    [{ detail: { empty: [''] } }, true],
    [{ source: ['aws.states'], detail: { status: ['FAILED'] } }, true],
    [{ source: ['aws.states'], detail: { status: ['SUCCEEDED'] } }, false],
    [{ source: { deeper: ['aws.states'] } }, false],
    [{ detail: ['FAILED'] }, false],
    // lists in the event
    [{ detail: { tags: ['red'] } }, true],
    [{ detail: { tags: ['green'] } }, false],
    [{ detail: { steps: { name: ['reserve'] } } }, true],
    [{ detail: { steps: { name: ['reserve'], ms: [{ numeric: ['>', 50] }] } } }, true],
    [{ detail: { steps: { name: ['choose'], ms: [70] } } }, false],
    // prefix, suffix
    [{ source: [{ prefix: 'aws.' }] }, true],
    [{ source: [{ prefix: 'AWS.' }] }, false],
    [{ source: [{ prefix: { 'equals-ignore-case': 'AWS.' } }] }, true],
    [{ source: [{ suffix: 'states' }] }, true],
    [{ source: [{ suffix: { 'equals-ignore-case': 'STATES' } }] }, true],
    [{ source: [{ suffix: 'aws' }] }, false],
    [{ detail: { tries: [{ prefix: '3' }] } }, false],
    // equals-ignore-case
    [{ detail: { status: [{ 'equals-ignore-case': 'failed' }] } }, true],
    [{ detail: { status: [{ 'equals-ignore-case': 'fail' }] } }, false],
    [{ detail: { tags: [{ 'equals-ignore-case': 'blue' }] } }, true],
    // wildcard
    [{ detail: { name: [{ wildcard: 'op-*' }] } }, true],
    [{ detail: { name: [{ wildcard: '*p*1' }] } }, true],
    [{ detail: { name: [{ wildcard: 'op' }] } }, false],
    [{ detail: { name: [{ wildcard: 'o.-1' }] } }, false],
    [{ detail: { file: [{ wildcard: 'a\\*b.*' }] } }, true],
    [{ detail: { name: [{ wildcard: 'o\\*' }] } }, false],
    // anything-but
    [{ detail: { status: [{ 'anything-but': 'SUCCEEDED' }] } }, true],
    [{ detail: { status: [{ 'anything-but': ['FAILED', 'ABORTED'] }] } }, false],
    [{ detail: { tries: [{ 'anything-but': 3 }] } }, false],
    [{ detail: { tries: [{ 'anything-but': [1, 2] }] } }, true],
    [{ detail: { name: [{ 'anything-but': { prefix: 'op-' } }] } }, false],
    [{ detail: { name: [{ 'anything-but': { prefix: ['vm-', 'key-'] } }] } }, true],
    [{ detail: { name: [{ 'anything-but': { suffix: '2' } }] } }, true],
    [{ detail: { status: [{ 'anything-but': { 'equals-ignore-case': ['failed'] } }] } }, false],
    [{ detail: { name: [{ 'anything-but': { wildcard: 'op*' } }] } }, false],
    [{ detail: { missing: [{ 'anything-but': 'x' }] } }, false],
    // exists
    [{ detail: { status: [{ exists: true }] } }, true],
    [{ detail: { output: [{ exists: true }] } }, true],
    [{ detail: { missing: [{ exists: true }] } }, false],
    [{ detail: { missing: [{ exists: false }] } }, true],
    [{ detail: { status: [{ exists: false }] } }, false],
    [{ detail: { missing: [{ exists: false }, 'x'] } }, true],
    // numeric
    [{ detail: { tries: [{ numeric: ['=', 3] }] } }, true],
    [{ detail: { tries: [{ numeric: ['>', 0, '<=', 3] }] } }, true],
    [{ detail: { tries: [{ numeric: ['>', 3] }] } }, false],
    [{ detail: { share: [{ numeric: ['<', 0.6, '>=', 0.5] }] } }, true],
    [{ detail: { name: [{ numeric: ['>', 0] }] } }, false],
    // $or
    [{ $or: [{ source: ['aws.s3'] }, { detail: { tries: [3] } }] }, true],
    [{ $or: [{ source: ['aws.s3'] }, { source: ['aws.sqs'] }] }, false],
    [{ detail: { $or: [{ tries: [9] }, { status: ['FAILED'] }] } }, true],
    [{ source: ['aws.s3'], $or: [{ source: ['aws.states'] }, { detail: { tries: [3] } }] }, false],
  ])('%j: %s', ([pattern, matches]) => {
    expect(compilePattern(pattern)(event)).toBe(matches)
  })

  test('the patterns of our triggers among them', () => {
    const matches = compilePattern(triggers['settle-execution'].pattern)
    expect(matches(event)).toBe(true)
    expect(matches({ ...event, detail: { status: 'SUCCEEDED' } })).toBe(false)
  })
})

describe('a pattern is refused, saying where and why', () => {
  test.for<[unknown, RegExp]>([
    [{}, /^the pattern: an empty pattern/],
    [[], /^the pattern: a pattern is an object/],
    [{ source: 'aws' }, /^source: a field lists/],
    [{ source: [] }, /^source: a field lists/],
    [
      { detail: { ip: [{ cidr: '10.0.0.0/8' }] } },
      /^detail\.ip: the operator cidr is not supported/,
    ],
    [{ a: [{ toString: 'x' }] }, /^a: the operator toString is not supported/],
    [{ a: [{ prefix: 'x', suffix: 'y' }] }, /^a: takes one operator/],
    [{ a: [{}] }, /^a: takes one operator/],
    [{ a: [{ prefix: 5 }] }, /^a: takes a text/],
    [{ a: [{ prefix: { wildcard: 'x' } }] }, /^a: wildcard does not go inside/],
    [{ a: [{ exists: 'yes' }] }, /^a: exists takes true or false/],
    [{ a: [{ numeric: ['>'] }] }, /^a: numeric takes one or two/],
    [{ a: [{ numeric: ['~', 1] }] }, /^a: numeric does not know \["~",1\]/],
    [{ a: [{ numeric: ['>', '1'] }] }, /^a: numeric does not know/],
    [{ a: [{ 'anything-but': [] }] }, /^a: anything-but takes values/],
    [
      { a: [{ 'anything-but': { numeric: ['>', 1] } }] },
      /^a: inside anything-but go .* not numeric/,
    ],
    [{ a: [{ wildcard: 'a**b' }] }, /^a: wildcard does not take two stars/],
    [{ $or: [{ a: [1] }] }, /^\$or: lists at least two/],
    [{ a: { $or: [{ b: [{ like: 'x' }] }, { c: [1] }] } }, /^a\.b: the operator like/],
  ])('%j', ([pattern, reason]) => {
    expect(() => compilePattern(pattern)).toThrow(reason)
  })
})
