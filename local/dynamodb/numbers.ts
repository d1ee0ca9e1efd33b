/**
 * DynamoDB numbers: decimals of 38 significant digits between 1E-130 and 9.99…E+125, exact, kept as
 * text. Every number that is stored is in one canonical form, so equality of numbers is equality of
 * strings; arithmetic is done on integers of any size; the key encoding sorts bytewise as the numbers do.
 */
import { invalid } from './errors.ts'
import { limits } from './limits.ts'

/** `digits` without leading or trailing zeros, read as d.ddd × 10^exponent; no digits means zero. */
interface Decimal {
  negative: boolean
  digits: string
  exponent: number
}

const syntax = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/
const canonicalInteger = /^(?:0|-?[1-9]\d{0,37})$/
const maximumExponent = 125
const minimumExponent = -130

function parse(text: string): Decimal {
  const match = syntax.exec(text)
  const [, sign, whole = '', fraction = '', power] = match ?? []
  if (!match || whole + fraction === '') {
    throw invalid(
      `The parameter cannot be converted to a numeric value${text === '' ? '' : `: ${text}`}`,
    )
  }
  const all = whole + fraction
  const first = all.search(/[1-9]/)
  if (first < 0) return { negative: false, digits: '', exponent: 0 }
  const exponent = whole.length - 1 - first + Number(power ?? 0)
  return { negative: sign === '-', digits: trimZeros(all.slice(first)), exponent }
}

function trimZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--
  return digits.slice(0, end)
}

function format({ negative, digits, exponent }: Decimal): string {
  if (digits === '') return '0'
  const sign = negative ? '-' : ''
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0')
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

function checkRange({ digits, exponent }: Decimal): void {
  if (digits === '') return
  const supported = 'Attempting to store a number with magnitude'
  if (exponent > maximumExponent) {
    throw invalid(`Number overflow. ${supported} larger than supported range`)
  }
  if (exponent < minimumExponent) {
    throw invalid(`Number underflow. ${supported} smaller than supported range`)
  }
  if (digits.length > limits.significantDigits) {
    throw invalid('Attempting to store more than 38 significant digits in a Number')
  }
}

/** The one form in which a number is kept; refuses what is no number or out of range. */
export function normaliseNumber(text: string): string {
  if (canonicalInteger.test(text)) return text
  const decimal = parse(text)
  checkRange(decimal)
  return format(decimal)
}

/** Negative, zero or positive, as for sorting; both must be canonical. */
export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0
  // Up to 15 digits a double keeps the order of decimals.
  if (a.length <= 15 && b.length <= 15) return Number(a) - Number(b)
  return Buffer.compare(encodeNumber(a), encodeNumber(b))
}

export function addNumbers(a: string, b: string): string {
  return combine(a, b, (x, y) => x + y)
}

export function subtractNumbers(a: string, b: string): string {
  return combine(a, b, (x, y) => x - y)
}

function combine(a: string, b: string, operation: (x: bigint, y: bigint) => bigint): string {
  const left = parse(a)
  const right = parse(b)
  const scale = Math.min(lowestPower(left), lowestPower(right))
  const result = operation(scaled(left, scale), scaled(right, scale))
  const decimal = parse(`${result}e${scale}`)
  checkRange(decimal)
  return format(decimal)
}

function lowestPower({ digits, exponent }: Decimal): number {
  return digits === '' ? 0 : exponent - digits.length + 1
}

function scaled(decimal: Decimal, scale: number): bigint {
  if (decimal.digits === '') return 0n
  const value = BigInt(decimal.digits) * 10n ** BigInt(lowestPower(decimal) - scale)
  return decimal.negative ? -value : value
}

/** Bytes that compare as the numbers do: sign, exponent, then two digits to a byte. */
export function encodeNumber(text: string): Uint8Array {
  const { negative, digits, exponent } = parse(text)
  if (digits === '') return Uint8Array.of(0x80)
  const pairs = Math.ceil(digits.length / 2)
  // A negative number ends in 0xff, so that fewer digits (a smaller magnitude) sort later.
  const bytes = new Uint8Array(2 + pairs + (negative ? 1 : 0))
  const biased = exponent - minimumExponent
  bytes[0] = negative ? 0x7f : 0x81
  bytes[1] = negative ? 255 - biased : biased
  for (let i = 0; i < pairs; i++) {
    const pair = Number(digits.slice(2 * i, 2 * i + 2).padEnd(2, '0'))
    bytes[2 + i] = negative ? 101 - pair : 1 + pair
  }
  if (negative) bytes[bytes.length - 1] = 0xff
  return bytes
}

/** What a number costs of an item's 400 kB: a byte per two digits, one more, one more for a sign. */
export function numberBytes(text: string): number {
  const digits = trimZeros(text.replace(/^-?[0.]*/, '').replace('.', ''))
  if (digits === '') return 1
  return 1 + Math.ceil(digits.length / 2) + (text.startsWith('-') ? 1 : 0)
}
