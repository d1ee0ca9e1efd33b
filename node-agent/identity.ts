/**
 * Who this host is: an Ed25519 key pair in a file that only its user can read. It is written before anybody hears of
 * it, so that an enrolment whose answer was lost is repeated by the same host. The host's name follows from the key.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { hostIdOf } from '../core/host.ts'
import { AgentFailure, say } from './failures.ts'
import { writeWhole } from './write-whole.ts'

export interface Identity {
  hostId: string
  /** SPKI DER, base64. */
  publicKey: string
  privateKey: KeyObject
}

export const identityOf = (privateKey: KeyObject): Identity => {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const publicKey = der.toString('base64')
  return { hostId: hostIdOf(publicKey), publicKey, privateKey }
}

const readKey = async (path: string) => {
  const { mode } = await stat(path)
  if (mode & 0o077)
    throw new AgentFailure(
      'KEY_UNREADABLE',
      `${path} can be read by others than its user: mode ${(mode & 0o777).toString(8)} instead of 600`,
    )
  const key = createPrivateKey(await readFile(path, 'utf8'))
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('it is not an Ed25519 key')
  return key
}

export const loadIdentity = async (directory: string): Promise<Identity> => {
  const path = join(directory, 'agent.key')
  try {
    return identityOf(await readKey(path))
  } catch (error) {
    if (error instanceof AgentFailure) throw error
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new AgentFailure('KEY_UNREADABLE', `${path}: ${say(error)}`, error)
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeWhole(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600)
  return identityOf(privateKey)
}
