/**
 * KMS at home: one key in a file that only its user can read, and of KMS's operations those that are used; every
 * other one is refused by name. A ciphertext carries which key made it, and opens only under the encryption context
 * it was made with:
 *
 *   format (1 byte) · length of the key id (1) · key id · nonce (12) · tag (16) · sealed bytes (AES-256-GCM)
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Service } from '../functions/aws/clients.ts'
import { bodyText } from './body-text.ts'
import { LocalFailure } from './failures.ts'
import { writeDurably } from './write-durably.ts'

export const keyId = 'local-key'
const keyArn = `arn:aws:kms:local:000000000000:key/${keyId}`
const format = 1
const nonceBytes = 12
const tagBytes = 16
const plaintextLimit = 4096

class KmsError extends Error {}
const refuse = (name: string, message: string) => Object.assign(new KmsError(message), { name })

interface Input {
  KeyId?: unknown
  KeySpec?: unknown
  NumberOfBytes?: unknown
  Plaintext?: unknown
  CiphertextBlob?: unknown
  EncryptionContext?: unknown
}

/** Makes the key on first use; without it nothing that was sealed opens again. */
export function openKeys(file: string, home: string): Service {
  const key = readKey(file, home)
  return {
    handle: async (request) => {
      const { headers, body } = request as { headers: Record<string, string>; body?: unknown }
      return { response: respond(key, headers, body) }
    },
  }
}

function readKey(file: string, home: string): KeyObject {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    text = `${randomBytes(32).toString('hex')}\n`
    writeDurably(file, text)
  }
  if (!/^[0-9a-f]{64}\n?$/.test(text))
    throw new LocalFailure('DATA_DIRECTORY_DAMAGED', { home, file, reason: 'it is not a key' })
  return createSecretKey(text.trim(), 'hex')
}

function respond(key: KeyObject, headers: Record<string, string>, body: unknown) {
  const target = headers['x-amz-target'] ?? ''
  try {
    const serve = operations[target.replace(/^TrentService\./, '')]
    if (!serve)
      throw refuse('UnsupportedOperationException', `The embedded KMS does not serve ${target}`)
    const input = JSON.parse(bodyText(body) || '{}') as Input
    return answer(200, serve(key, input))
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    return answer(400, { __type: error.name, message: error.message })
  }
}

const answer = (statusCode: number, content: object) => ({
  statusCode,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: Buffer.from(JSON.stringify(content)),
})

const operations: Record<string, (key: KeyObject, input: Input) => object> = {
  Encrypt: (key, input) => {
    checkKeyId(input.KeyId, true)
    const plaintext = bytesOf(input.Plaintext, 'Plaintext')
    if (plaintext.length < 1 || plaintext.length > plaintextLimit)
      throw refuse('ValidationException', `Plaintext has 1 to ${plaintextLimit} bytes`)
    return {
      CiphertextBlob: seal(key, plaintext, contextOf(input)).toString('base64'),
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      KeyId: keyArn,
    }
  },
  GenerateDataKey: (key, input) => {
    checkKeyId(input.KeyId, true)
    const plaintext = randomBytes(dataKeyBytes(input))
    return {
      CiphertextBlob: seal(key, plaintext, contextOf(input)).toString('base64'),
      Plaintext: plaintext.toString('base64'),
      KeyId: keyArn,
    }
  },
  Decrypt: (key, input) => {
    checkKeyId(input.KeyId, false)
    const plaintext = open(key, bytesOf(input.CiphertextBlob, 'CiphertextBlob'), contextOf(input))
    return {
      EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      KeyId: keyArn,
      Plaintext: plaintext.toString('base64'),
    }
  },
}

function checkKeyId(given: unknown, needed: boolean): void {
  if (given === undefined && !needed) return
  if (given !== keyId && given !== keyArn)
    throw refuse('NotFoundException', `Key '${String(given)}' does not exist`)
}

function dataKeyBytes({ KeySpec, NumberOfBytes }: Input): number {
  if ((KeySpec === undefined) === (NumberOfBytes === undefined))
    throw refuse('ValidationException', 'Give either KeySpec or NumberOfBytes')
  if (KeySpec === 'AES_256') return 32
  if (KeySpec === 'AES_128') return 16
  const size = Number(NumberOfBytes)
  if (KeySpec !== undefined || !Number.isInteger(size) || size < 1 || size > 1024)
    throw refuse('ValidationException', 'KeySpec is AES_256 or AES_128, NumberOfBytes 1 to 1024')
  return size
}

/** The same pairs in whatever order are the same context. */
function contextOf({ EncryptionContext: context = {} }: Input): Buffer {
  const pairs = Object.entries(context as Record<string, unknown>)
  if (pairs.some(([, value]) => typeof value !== 'string'))
    throw refuse('SerializationException', 'EncryptionContext maps text to text')
  return Buffer.from(JSON.stringify(pairs.sort(([a], [b]) => (a < b ? -1 : 1))))
}

function bytesOf(given: unknown, name: string): Buffer {
  if (typeof given !== 'string') throw refuse('ValidationException', `${name} is missing`)
  return Buffer.from(given, 'base64')
}

function seal(key: KeyObject, plaintext: Buffer, context: Buffer): Buffer {
  const id = Buffer.from(keyId)
  const head = Buffer.concat([Buffer.from([format, id.length]), id])
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.concat([head, context]))
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([head, nonce, cipher.getAuthTag(), sealed])
}

/** Whatever does not open is refused in the same words, as KMS does: it tells nothing about why. */
function open(key: KeyObject, blob: Buffer, context: Buffer): Buffer {
  const headBytes = 2 + (blob[1] ?? 0)
  const head = blob.subarray(0, headBytes)
  const nonce = blob.subarray(headBytes, headBytes + nonceBytes)
  const tag = blob.subarray(headBytes + nonceBytes, headBytes + nonceBytes + tagBytes)
  const invalid = refuse('InvalidCiphertextException', '')
  if (head[0] !== format || tag.length !== tagBytes) throw invalid
  if (head.subarray(2).toString() !== keyId) throw invalid
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.concat([head, context])).setAuthTag(tag)
  try {
    const sealed = blob.subarray(headBytes + nonceBytes + tagBytes)
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch {
    throw invalid
  }
}
