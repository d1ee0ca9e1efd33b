/** Who asks: the holder of an API key, or a host by its signature. Both are read from the table at every request. */
import { createPublicKey } from 'node:crypto'
import { readCredential, verifyKey, type StoredKey } from '../../core/api-key.ts'
import { Failure } from '../../core/contract/failures.ts'
import type { Host } from '../../core/contract/resources.ts'
import {
  readSignature,
  toleranceMs,
  verifySignature,
  type Signable,
} from '../../core/contract/signature.ts'
import { plainItem, resourceOf, until } from './items.ts'
import { keyOf } from './keys.ts'
import { commit } from './commit.ts'
import { get } from './table.ts'

export const authenticateKey = async (
  authorization: string | undefined,
  now: number,
): Promise<StoredKey> => {
  if (!authorization) throw new Failure('CREDENTIAL_MISSING')
  const credential = readCredential(/^Bearer (\S+)$/i.exec(authorization)?.[1] ?? '')
  if (!credential) throw new Failure('CREDENTIAL_INVALID')
  const item = await get(keyOf.apiKey(credential.keyId))
  return verifyKey(item && resourceOf<StoredKey>(item), credential.secret, now)
}

/** A SPKI key as an agent sends it; anything but Ed25519 is refused. */
export const publicKeyOf = (base64: string) => {
  try {
    const key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // falls through: an unreadable key is refused like one of another kind
  }
  throw new Failure('HOST_SIGNATURE_INVALID', 'The public key is not an Ed25519 key.')
}

export const authenticateHost = async (
  request: Signable,
  authorization: string | undefined,
  now: number,
): Promise<Host> => {
  const signed = readSignature(authorization)
  const item = signed && (await get(keyOf.host(signed.hostId)))
  if (!signed || !item) throw new Failure('HOST_SIGNATURE_INVALID')
  const host = resourceOf<Host>(item)
  await proveOnce(request, authorization, host.publicKey, now)
  if (host.state === 'retired') throw new Failure('HOST_SIGNATURE_INVALID', 'This host is retired.')
  return host
}

/** The signature fits the key, is recent, and has not been seen before. */
export const proveOnce = async (
  request: Signable,
  authorization: string | undefined,
  publicKey: string,
  now: number,
): Promise<void> => {
  const signed = readSignature(authorization)
  if (!signed || !verifySignature(request, signed, publicKeyOf(publicKey)))
    throw new Failure('HOST_SIGNATURE_INVALID')
  if (Math.abs(signed.at - now) > toleranceMs)
    throw new Failure(
      'HOST_SIGNATURE_INVALID',
      `The request was signed ${Math.round(Math.abs(signed.at - now) / 1000)} s away from our clock.`,
    )
  const seen = plainItem(keyOf.nonce(signed.hostId, signed.nonce), {
    ttl: until(now, (2 * toleranceMs) / 1000 + 60),
  })
  await commit([{ create: seen, otherwise: new Failure('REQUEST_REPLAYED') }])
}
