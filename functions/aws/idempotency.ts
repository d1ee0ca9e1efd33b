/**
 * The same request twice has one effect. The answer is written in the same transaction as what it reports, under the
 * caller's Idempotency-Key and with the request's fingerprint: whoever comes second, or at the same time, is told
 * what the first was told; another request under the same key is refused.
 */
import { createHash } from 'node:crypto'
import { Failure } from '../../core/contract/failures.ts'
import { plainItem, until, type Item } from './items.ts'
import { keyOf, type Key } from './keys.ts'
import type { GivenAnswer } from './response.ts'

const keptSeconds = 24 * 3600
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** Key order does not make another request. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, canonical(inner)]),
  )
}

export const fingerprintOf = (method: string, path: string, body: unknown) =>
  hash(JSON.stringify([method, path, canonical(body ?? null)]))

export const idempotencyKeyOf = (
  principal: { tenantId: string; keyId: string },
  route: string,
  key: string,
) => keyOf.idempotency(principal.tenantId, principal.keyId, route, hash(key))

export const rememberAnswer = (
  key: Key,
  given: { fingerprint: string; answer: GivenAnswer; version: number },
  now: number,
): Item =>
  plainItem(key, { ...given, answer: JSON.stringify(given.answer), ttl: until(now, keptSeconds) })

/** What lies under a key: the answer that was given, or, once that is too old to count, only its version. */
export interface Recalled {
  version: number
  answer?: GivenAnswer
}

export const recallAnswer = (item: Item, fingerprint: string, now: number): Recalled => {
  const version = item.version as number
  if ((item.ttl ?? 0) * 1000 <= now) return { version }
  if (item.fingerprint !== fingerprint) throw new Failure('IDEMPOTENCY_KEY_REUSED')
  const answer = JSON.parse(item.answer as string) as GivenAnswer
  const headers = { ...answer.headers, 'idempotent-replayed': 'true' }
  return { version, answer: { ...answer, headers } }
}
