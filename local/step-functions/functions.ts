/**
 * The functions that Step Functions adds to JSONata, and the built-in ones that would otherwise read the
 * machine's own clock or randomness. `$eval` is refused: a definition that builds code cannot be checked.
 */
import { createHash } from 'node:crypto'
import type { Json } from './json.ts'
import { maxHashCharacters, maxRangeItems } from './limits.ts'

/** Where an evaluation gets time and chance from. */
export interface Nature {
  now: number
  random: () => number
}

export const refusedFunctions = ['eval']

const algorithms = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
])

export function functionsFor(nature: Nature): Record<string, (...values: never[]) => unknown> {
  return {
    partition,
    range,
    hash,
    parse,
    random: (seed?: number) => (seed === undefined ? nature.random() : seeded(seed)),
    uuid: () => uuid(nature.random),
    shuffle: (items?: Json[]) => shuffle(items, nature.random),
    millis: () => nature.now,
    eval: () => refuse('$eval is not supported'),
  }
}

function partition(items: Json[], size: number): Json[][] | undefined {
  if (items === undefined) return undefined
  if (!Array.isArray(items)) return refuse('$partition takes an array')
  if (!Number.isInteger(size) || size < 1) return refuse('$partition takes a size of 1 or more')
  const parts: Json[][] = []
  for (let start = 0; start < items.length; start += size) {
    parts.push(items.slice(start, start + size))
  }
  return parts
}

function range(first: number, last: number, step: number): number[] {
  if (![first, last, step].every(Number.isInteger) || step === 0) {
    return refuse('$range takes three whole numbers, the third of them not 0')
  }
  const length = Math.max(0, Math.floor((last - first) / step) + 1)
  if (length > maxRangeItems) return refuse(`$range gives at most ${maxRangeItems} numbers`)
  return Array.from({ length }, (_, index) => first + index * step)
}

function hash(data: string, algorithm: string): string {
  const name = algorithms.get(algorithm)
  if (!name) return refuse(`$hash knows ${[...algorithms.keys()].join(', ')}`)
  if (typeof data !== 'string' || data.length > maxHashCharacters) {
    return refuse(`$hash takes a string of at most ${maxHashCharacters} characters`)
  }
  return createHash(name).update(data).digest('hex')
}

function parse(text: string): Json | undefined {
  if (text === undefined) return undefined
  if (typeof text !== 'string') return refuse('$parse takes a string')
  try {
    return JSON.parse(text) as Json
  } catch {
    return refuse('$parse was given a string that is not JSON')
  }
}

function shuffle(items: Json[] | undefined, random: () => number): Json[] | undefined {
  if (items === undefined) return undefined
  if (!Array.isArray(items)) return refuse('$shuffle takes an array')
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!]
  }
  return shuffled
}

function uuid(random: () => number): string {
  const digits = 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'
  return digits.replace(/[xy]/g, (place) => {
    const digit = Math.floor(random() * 16)
    return (place === 'x' ? digit : (digit & 3) | 8).toString(16)
  })
}

/** One number from a seed: the same seed gives the same number (mulberry32's mixing steps). */
function seeded(seed: number): number {
  let mixed = (Math.trunc(seed) + 0x6d2b79f5) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

function refuse(message: string): never {
  throw new Error(message)
}
