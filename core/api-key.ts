/**
 * An API key as people hold it: `nvc_<id>_<secret>`. The id finds the item, the secret proves possession; only the
 * secret's SHA-256 is kept (256 random bits need no slow hash).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { ApiKey } from './contract/resources.ts'
import { Failure } from './contract/failures.ts'

export interface StoredKey extends ApiKey {
  secretHash: string
}

export const hashSecret = (secret: string) => createHash('sha256').update(secret).digest('hex')

export const writeCredential = (keyId: string, secret: string) => `nvc_${keyId}_${secret}`

export const readCredential = (
  credential: string,
): { keyId: string; secret: string } | undefined => {
  const match = /^nvc_(key-[0-9a-z]{1,26})_([0-9a-f]{64})$/.exec(credential)
  return match ? { keyId: match[1]!, secret: match[2]! } : undefined
}

/** Throws unless the key is the one whose secret was shown, unexpired and unrevoked. */
export const verifyKey = (key: StoredKey | undefined, secret: string, now: number): StoredKey => {
  if (!key) throw new Failure('CREDENTIAL_INVALID')
  const proof = Buffer.from(hashSecret(secret), 'hex')
  if (!timingSafeEqual(proof, Buffer.from(key.secretHash, 'hex')))
    throw new Failure('CREDENTIAL_INVALID')
  return ensureUsable(key, now)
}

export const ensureUsable = (key: StoredKey | undefined, now: number): StoredKey => {
  if (!key) throw new Failure('CREDENTIAL_INVALID')
  const { role, revokedAt, expiresAt } = key
  if (revokedAt !== null) throw new Failure('KEY_REVOKED', undefined, { revokedAt, role })
  if (Date.parse(expiresAt) <= now) throw new Failure('KEY_EXPIRED', undefined, { expiresAt, role })
  return key
}

export const isUsable = ({ revokedAt, expiresAt }: StoredKey, now: number) =>
  revokedAt === null && Date.parse(expiresAt) > now
