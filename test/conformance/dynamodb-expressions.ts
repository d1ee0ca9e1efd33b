/** Conditions and projections, evaluated by a conditional put and by a get. */
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { expect } from 'vitest'
import { failureOf } from './dynamodb-subject.ts'
import type { Check, Feature, Place } from './dynamodb-subject.ts'

const document = {
  text: 'hello world',
  accents: 'zürich',
  n: 10,
  negative: -0.5,
  yes: true,
  blank: null,
  bytes: Uint8Array.of(1, 2, 3),
  list: ['a', 2, { x: 1 }],
  map: { core: { deep: [1, 2, 3] }, n: 10 },
  tags: new Set(['red', 'green']),
  odd: new Set([1, 3]),
  constructor: 'a name that objects inherit',
}

const values = {
  ':n': 10,
  ':five': 5,
  ':fifty': 50,
  ':ten': 10,
  ':text': 'hello world',
  ':hello': 'hello',
  ':zero': 'z',
  ':red': 'red',
  ':blue': 'blue',
  ':one': 1,
  ':two': 2,
  ':three': 3,
  ':eleven': 11,
  ':yes': true,
  ':blank': null,
  ':bytes': Uint8Array.of(1, 2),
  ':tags': new Set(['green', 'red']),
  ':map': { n: 10, core: { deep: [1, 2, 3] } },
  ':list': ['a', 2, { x: 1 }],
  ':S': 'S',
  ':NULL': 'NULL',
}

const names = { '#map': 'map', '#text': 'text', '#list': 'list', '#c': 'constructor' }

/** The item, the expression, whether it holds, and what a subject must have to be asked. */
const cases: [string, boolean, Feature?][] = [
  ['n = :n', true],
  ['n <> :n', false],
  ['n < :fifty AND n > :five', true],
  ['n <= :ten AND n >= :ten', true],
  ['negative < :five', true],
  ['n BETWEEN :five AND :fifty', true],
  ['NOT n BETWEEN :five AND :fifty', false],
  ['n IN (:five, :ten)', true],
  ['n IN (:five, :fifty)', false],
  ['n = :five OR #text = :text', true],
  ['n = :five OR #text = :text AND n = :fifty', false],
  ['NOT (n = :five OR n = :fifty)', true],
  ['#text = :n', false],
  ['#text <> :n', true],
  ['accents > :zero', true],
  ['yes = :yes', true],
  ['blank = :blank', true],
  ['absent = :n', false],
  ['absent <> :n', true],
  ['absent < :n', false],
  ['absent = lacking', false, 'equality of absent attributes'],
  ['absent <> lacking', true, 'equality of absent attributes'],
  ['attribute_exists(blank)', true],
  ['attribute_exists(absent)', false],
  ['attribute_not_exists(absent)', true],
  ['attribute_exists(#map.core.deep[2])', true],
  ['attribute_exists(#map.core.deep[3])', false],
  ['attribute_exists(#map.toString)', false],
  ['#c = :red', false],
  ['attribute_type(#text, :S)', true],
  ['attribute_type(n, :S)', false],
  ['attribute_type(blank, :NULL)', true],
  ['begins_with(#text, :hello)', true],
  ['begins_with(#text, :zero)', false],
  ['begins_with(bytes, :bytes)', true],
  ['begins_with(n, :hello)', false],
  ['contains(#text, :hello)', true],
  ['contains(tags, :red)', true],
  ['contains(tags, :blue)', false],
  ['contains(odd, :one)', true],
  ['contains(#list, :two)', true],
  ['contains(#list, :one)', false],
  ['contains(bytes, :bytes)', true],
  ['size(#text) = :eleven', true],
  ['size(#list) = :three', true],
  ['size(tags) = :two', true],
  ['size(bytes) = :three', true],
  ['size(#map) = :two', true],
  ['size(n) = :two', false],
  ['tags = :tags', true],
  ['#map.n = n', true],
  ['#list[2].x = :one', true],
  ['#map = :map', true, 'comparing whole documents'],
  ['#list = :list', true, 'comparing whole documents'],
  ['#map <> :map', false, 'comparing whole documents'],
]

export function conditionTheme(check: Check): void {
  const probe = (place: Place, expression: string) =>
    place.documents.send(
      new PutCommand({
        TableName: place.table,
        Item: { pk: place.partition, sk: 'probe', ...document },
        ConditionExpression: expression,
        ...used(expression),
      }),
    )
  const seed = (place: Place) => probe(place, 'attribute_not_exists(pk)')

  for (const [expression, holds, needs] of cases) {
    check(
      `${expression} is ${holds}`,
      async (place) => {
        await seed(place)
        const outcome = await probe(place, expression).then(
          () => true,
          (error: Error) => (error.name === 'ConditionalCheckFailedException' ? false : error),
        )
        expect(outcome).toBe(holds)
      },
      needs,
    )
  }

  const refused: [string, string, Feature?][] = [
    ['status = :n', 'Attribute name is a reserved keyword; reserved keyword: status'],
    ['n = :absent', 'An expression attribute value used in expression is not defined'],
    ['#absent = :n', 'An expression attribute name used in the document path is not defined'],
    ['n = ', 'Syntax error'],
    ['(n = :n)) ', 'Syntax error'],
    ['((n = :n))', 'The expression has redundant parentheses'],
    ['blah(n, :n)', 'Invalid function name; function: blah'],
    ['begins_with(n, :n)', 'Incorrect operand type for operator or function'],
    ['size(n)', 'The function is not allowed to be used this way in an expression'],
    ['n BETWEEN :fifty AND :five', 'upper bound to be greater than or equal to lower bound'],
    ['attribute_type(n, :red)', 'Invalid attribute type name found; type: red'],
    ['n < :yes', 'Incorrect operand type', 'order comparisons of documents refused'],
    ['', 'The expression can not be empty'],
  ]
  for (const [expression, message, needs] of refused) {
    check(
      `the condition "${expression}" is refused`,
      async (place) => {
        const failure = await failureOf(probe(place, expression))
        expect(failure.name).toBe('ValidationException')
        expect(failure.message).toContain(`Invalid ConditionExpression: `)
        expect(failure.message).toContain(message)
      },
      needs,
    )
  }

  check('names and values that no expression uses are refused', async (place) => {
    const base = { TableName: place.table, Item: { pk: place.partition, sk: '1' } }
    const failure = await failureOf(
      place.documents.send(
        new PutCommand({
          ...base,
          ConditionExpression: 'attribute_not_exists(#a)',
          ExpressionAttributeNames: { '#a': 'a', '#b': 'b' },
        }),
      ),
    )
    expect(failure).toMatchObject({
      name: 'ValidationException',
      message: 'Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}',
    })
  })
}

/** Only what the expression mentions: the rest would be refused as unused. */
function used(expression: string) {
  const pick = <Value>(all: Record<string, Value>) => {
    const entries = Object.entries(all).filter(([name]) =>
      new RegExp(`${name}(?![A-Za-z0-9_])`).test(expression),
    )
    return entries.length > 0 ? Object.fromEntries(entries) : undefined
  }
  const ExpressionAttributeNames = pick(names)
  const ExpressionAttributeValues = pick<unknown>(values)
  return {
    ...(ExpressionAttributeNames && { ExpressionAttributeNames }),
    ...(ExpressionAttributeValues && { ExpressionAttributeValues }),
  }
}

export function projectionTheme(check: Check): void {
  const shown = async (place: Place, expression: string) => {
    await place.documents.send(
      new PutCommand({
        TableName: place.table,
        Item: { pk: place.partition, sk: '1', ...document },
      }),
    )
    const { Item } = await place.documents.send(
      new GetCommand({
        TableName: place.table,
        Key: { pk: place.partition, sk: '1' },
        ProjectionExpression: expression,
        ...used(expression),
      }),
    )
    return Item
  }

  const projections: [string, object][] = [
    ['n, absent, #text', { n: 10, text: 'hello world' }],
    ['#map.core.deep[1], #map.n', { map: { core: { deep: [2] }, n: 10 } }],
    ['#list[2], #list[0]', { list: ['a', { x: 1 }] }],
    ['#list[2].x, #list[7]', { list: [{ x: 1 }] }],
    ['#text.nested, absent[0]', {}],
    ['#c', { constructor: 'a name that objects inherit' }],
  ]
  for (const [expression, expected] of projections) {
    check(`a get of ${expression} shows just that`, async (place) => {
      expect(await shown(place, expression)).toEqual(expected)
    })
  }

  check('a projection of reserved or overlapping names is refused', async (place) => {
    const reserved = await failureOf(shown(place, 'n, name'))
    expect(reserved.message).toBe(
      'Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name',
    )
    const overlapping = await failureOf(shown(place, '#map, #map.n'))
    expect(overlapping.message).toContain('Two document paths overlap with each other')
  })
}
