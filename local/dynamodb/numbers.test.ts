import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addNumbers,
  compareNumbers,
  encodeNumber,
  normaliseNumber,
  numberBytes,
  subtractNumbers,
} from './numbers.ts'

/** Any number DynamoDB takes, and the same as an integer times 10^-300, to check against. */
const decimal = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }),
    fc.integer({ min: -130, max: 88 }),
    fc.constantFrom('', '0', '00'),
  )
  .map(([negative, digits, power, padding]) => ({
    text: `${negative ? '-' : ''}${padding}${digits}e${power}`,
    exact: (negative ? -digits : digits) * 10n ** BigInt(power + 300),
  }))

describe('numbers', () => {
  test('have one form each, and it does not change', () => {
    fc.assert(
      fc.property(decimal, ({ text, exact }) => {
        const normal = normaliseNumber(text)
        expect(normaliseNumber(normal)).toBe(normal)
        expect(exactOf(normal)).toBe(exact)
      }),
    )
  })

  test('sort as bytes and as text in the order of their values', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [x, y] = [normaliseNumber(a.text), normaliseNumber(b.text)]
        const order = a.exact < b.exact ? -1 : a.exact > b.exact ? 1 : 0
        expect(Math.sign(Buffer.compare(encodeNumber(x), encodeNumber(y)))).toBe(order)
        expect(Math.sign(compareNumbers(x, y))).toBe(order)
      }),
    )
  })

  test('of few digits sort the same, near each other', () => {
    const near = fc.integer({ min: -300, max: 300 }).map((n) => normaliseNumber(`${n}e-2`))
    fc.assert(
      fc.property(near, near, (x, y) => {
        const order = Math.sign(Number(x) - Number(y))
        expect(Math.sign(Buffer.compare(encodeNumber(x), encodeNumber(y)))).toBe(order)
        expect(Math.sign(compareNumbers(x, y))).toBe(order)
      }),
    )
  })

  test('are added and subtracted exactly, or not at all', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [x, y] = [normaliseNumber(a.text), normaliseNumber(b.text)]
        expectExact(() => addNumbers(x, y), a.exact + b.exact)
        expectExact(() => subtractNumbers(x, y), a.exact - b.exact)
      }),
    )
  })

  test.each([
    ['007', '7'],
    ['-0', '0'],
    ['+1.50', '1.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1E3', '1000'],
    ['-12.30e-3', '-0.0123'],
    ['1e125', `1${'0'.repeat(125)}`],
    ['1e-130', `0.${'0'.repeat(129)}1`],
  ])('%s is kept as %s', (given, kept) => {
    expect(normaliseNumber(given)).toBe(kept)
  })

  test.each([
    ['', 'cannot be converted to a numeric value'],
    ['.', 'cannot be converted to a numeric value'],
    ['1,5', 'cannot be converted to a numeric value: 1,5'],
    ['0x10', 'cannot be converted to a numeric value'],
    ['Infinity', 'cannot be converted to a numeric value'],
    ['1e126', 'Number overflow'],
    ['1e-131', 'Number underflow'],
    ['123456789012345678901234567890123456789', 'more than 38 significant digits'],
  ])('%s is refused', (given, message) => {
    expect(() => normaliseNumber(given)).toThrow(message)
  })

  test('weigh a byte per two digits and one or two more', () => {
    const weights = ['0', '7', '-7', '1000', '12.34', '-0.001'].map(numberBytes)
    expect(weights).toEqual([1, 2, 3, 2, 3, 3])
  })
})

/** The value of a normal form, times 10^300. */
function exactOf(normal: string): bigint {
  const [whole = '', fraction = ''] = normal.replace('-', '').split('.')
  const value = BigInt(whole + fraction.padEnd(300, '0'))
  return normal.startsWith('-') ? -value : value
}

function expectExact(compute: () => string, exact: bigint): void {
  const digits = String(exact < 0n ? -exact : exact).replace(/0+$/, '')
  const tooLarge = exact >= 10n ** 426n || exact <= -(10n ** 426n)
  const outcome = outcomeOf(() => exactOf(compute()))
  expect(outcome).toBe(digits.length > 38 || tooLarge ? 'refused' : exact)
}

function outcomeOf(compute: () => bigint): bigint | 'refused' {
  try {
    return compute()
  } catch (error) {
    if (/38 significant|overflow/.test((error as Error).message)) return 'refused'
    throw error
  }
}
