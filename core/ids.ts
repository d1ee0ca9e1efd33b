/**
 * Names of things: a prefix that says what it is and 26 characters that sort by the moment of creation, so that a
 * list ordered by id is ordered by age and inserts never shift a page. Only [a-z0-9-]: an id is safe in a path.
 */
import { randomBytes } from 'node:crypto'
import * as z from 'zod'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const prefixes = {
  tenant: 'tenant',
  key: 'key',
  host: 'host',
  vm: 'vm',
  operation: 'op',
  joinToken: 'join',
} as const
export type Named = keyof typeof prefixes

const digits = (value: bigint, length: number) => {
  let text = ''
  for (let rest = value; text.length < length; rest >>= 5n)
    text = alphabet[Number(rest & 31n)] + text
  return text
}

export type RandomBytes = (size: number) => Uint8Array

export const newId = (what: Named, now: number, random: RandomBytes = randomBytes) => {
  const noise = random(10).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return `${prefixes[what]}-${digits(BigInt(now), 10)}${digits(noise, 16)}`
}

/** The schema of an id of that kind; anything else in its place is an input error, never a look-up. */
export const idOf = (what: Named) =>
  z.string().regex(new RegExp(`^${prefixes[what]}-[0-9a-hjkmnp-tv-z]{1,26}$`), {
    error: `must be an id like ${prefixes[what]}-…`,
  })

/** An id as it looks, for descriptions: nobody has it. */
export const sampleId = (what: Named) => `${prefixes[what]}-01jd${'0'.repeat(22)}`

/** Secrets are 256 random bits in hex: a double click selects them whole. */
export const newSecret = (random: RandomBytes = randomBytes) =>
  Buffer.from(random(32)).toString('hex')
