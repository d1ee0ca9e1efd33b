/**
 * Where a list goes on: sealed (AES-256-GCM), so that a page token can be neither read nor made, and bound to route,
 * tenant and filter, so that it fits only the list it came from. The sealing key lies in the table, itself sealed by
 * KMS; it is opened once per process.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { Failure } from '../../core/contract/failures.ts'
import { atHome, clientOf } from './clients.ts'
import { readConfig } from './config.ts'
import { plainItem } from './items.ts'
import { keyOf } from './keys.ts'
import { commit, Lost } from './commit.ts'
import { get } from './table.ts'

const client = clientOf((home) => new KMSClient(atHome(home?.keys)))
const purpose = { purpose: 'page-tokens' }
const lifeMs = 24 * 3600 * 1000
let opened: Promise<KeyObject> | undefined

const openKey = async (): Promise<KeyObject> => {
  const item = await get(keyOf.pageTokenSeal)
  if (item) {
    const { Plaintext } = await client().send(
      new DecryptCommand({
        CiphertextBlob: Buffer.from(item.sealed as string, 'base64'),
        EncryptionContext: purpose,
      }),
    )
    return createSecretKey(Plaintext!)
  }
  const { CiphertextBlob } = await client().send(
    new GenerateDataKeyCommand({
      KeyId: readConfig().keyId,
      KeySpec: 'AES_256',
      EncryptionContext: purpose,
    }),
  )
  const sealed = Buffer.from(CiphertextBlob!).toString('base64')
  try {
    await commit([{ create: plainItem(keyOf.pageTokenSeal, { sealed }) }])
  } catch (error) {
    if (!(error instanceof Lost)) throw error
  }
  return openKey()
}

const sealingKey = () =>
  (opened ??= openKey().catch((error: unknown) => {
    opened = undefined
    throw error
  }))

/** For the embedded cloud, which may open another table in the same process. */
export const forgetSealingKey = () => {
  opened = undefined
}

export const sealPageToken = async (after: string, list: string, now: number): Promise<string> => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await sealingKey(), nonce).setAAD(Buffer.from(list))
  const text = JSON.stringify({ after, until: now + lifeMs })
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url')
}

export const openPageToken = async (token: string, list: string, now: number): Promise<string> => {
  const refused = (reason: string) => new Failure('CURSOR_INVALID', undefined, { reason })
  const bytes = Buffer.from(token, 'base64url')
  // Base64 can be written in many ways; ours is one.
  if (bytes.length < 29 || bytes.toString('base64url') !== token)
    throw refused('it is not one of ours')
  const key = await sealingKey()
  let text: string
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      .setAAD(Buffer.from(list))
      .setAuthTag(bytes.subarray(-16))
    text = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString(
      'utf8',
    )
  } catch {
    throw refused('it is not one of ours, or belongs to another list or filter')
  }
  const { after, until } = JSON.parse(text) as { after: string; until: number }
  if (until <= now) throw refused('it is older than a day')
  return after
}
