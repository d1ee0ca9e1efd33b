import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate } from './expressions.ts'
import type { Json } from './json.ts'

const yieldOf = (source: string, variables: Record<string, Json> = {}, random = () => 0.5) =>
  evaluate(`{% ${source} %}`, { states: {}, variables, now: 0, random }, 'Output')

describe('the functions Step Functions adds', () => {
  test.each([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([], 2)', []],
    ['$range(1, 7, 3)', [1, 4, 7]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(3, 1, 1)', []],
    ['$hash("a", "MD5")', '0cc175b9c0f1b6a831c399e269772661'],
    ['$hash("", "SHA-256")', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['$parse("{\\"a\\":[1]}").a', [1]],
    ['$random()', 0.5],
    ['$random(7) = $random(7)', true],
    ['$random(7) = $random(8)', false],
    ['$uuid()', '88888888-8888-4888-8888-888888888888'],
    ['$count($shuffle([1,2,3]))', 3],
  ])('%s', async (source, value) => {
    expect(await yieldOf(source)).toEqual(value)
  })

  test.each([
    '$partition([1], 0)',
    '$partition("a", 1)',
    '$range(1, 5, 0)',
    '$range(1, 5000, 1)',
    '$hash("a", "CRC")',
    '$hash(1, "MD5")',
    '$parse("{")',
    '$parse(missing)',
    '$eval("1")',
    'function($x) { $x }',
    '$sum',
    '{"f": function($x) { $x }}',
    '$nothing()',
    '(  $f := function($n) { $f($n) + 1 }; $f(1) )',
  ])('%s fails', async (source) => {
    await expect(yieldOf(source)).rejects.toMatchObject({
      failure: { error: 'States.QueryEvaluationError' },
    })
  })

  test('$partition keeps every item, in order, in parts of at most the size', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer()),
        fc.integer({ min: 1, max: 9 }),
        async (list, size) => {
          const parts = (await yieldOf('$partition($list, $size)', { list, size })) as number[][]
          expect(parts.flat()).toEqual(list)
          expect(parts.every((part) => part.length >= 1 && part.length <= size)).toBe(true)
        },
      ),
    ))

  test('$uuid is a version 4 UUID whatever chance brings', () =>
    fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (chance) => {
          const uuid = await yieldOf('$uuid()', {}, () => chance)
          expect(uuid).toMatch(
            /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
          )
        },
      ),
    ))
})

test('any JSON passes through an expression unchanged', () =>
  fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
      const json = JSON.parse(JSON.stringify(value)) as Json
      expect(await yieldOf('$v', { v: json })).toEqual(json)
    }),
  ))
