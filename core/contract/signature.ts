/**
 * How an agent proves which host it speaks for. The header names host, moment and nonce and carries an Ed25519
 * signature over method, path, body digest, moment and nonce:
 *
 *   authorization: NovaCron-Host host=<id>,at=<ms>,nonce=<hex>,signature=<base64url>
 *
 * A moment too far from the verifier's clock is refused; within that window a nonce is accepted once.
 */
import { createHash, sign, verify, type KeyObject } from 'node:crypto'

export const toleranceMs = 120_000

export interface Signed {
  hostId: string
  at: number
  nonce: string
  signature: string
}

export interface Signable {
  method: string
  path: string
  body: string
}

const text = ({ method, path, body }: Signable, at: number, nonce: string) => {
  const digest = createHash('sha256').update(body).digest('hex')
  return Buffer.from([method, path, digest, at, nonce].join('\n'))
}

export const signRequest = (
  request: Signable,
  by: { hostId: string; privateKey: KeyObject },
  at: number,
  nonce: string,
) => {
  const signature = sign(null, text(request, at, nonce), by.privateKey).toString('base64url')
  return `NovaCron-Host host=${by.hostId},at=${at},nonce=${nonce},signature=${signature}`
}

export const readSignature = (authorization: string | undefined): Signed | undefined => {
  const match =
    /^NovaCron-Host host=(host-[0-9a-z]{1,26}),at=(\d{1,15}),nonce=([0-9a-f]{16,64}),signature=([\w-]{86})$/.exec(
      authorization ?? '',
    )
  if (!match) return undefined
  return { hostId: match[1]!, at: Number(match[2]), nonce: match[3]!, signature: match[4]! }
}

export const verifySignature = (request: Signable, signed: Signed, publicKey: KeyObject) =>
  verify(
    null,
    text(request, signed.at, signed.nonce),
    publicKey,
    Buffer.from(signed.signature, 'base64url'),
  )
