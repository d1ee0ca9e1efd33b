/** The key twin through KMS's own client. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keyId, openKeys } from './keys.ts'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'keys-'))
  file = join(directory, 'kms.key')
})
afterEach(() => rmSync(directory, { recursive: true }))

const open = () =>
  new KMSClient({
    requestHandler: openKeys(file, directory) as never,
    region: 'local',
    endpoint: 'http://home.invalid',
    credentials: { accessKeyId: 'home', secretAccessKey: 'home' },
    maxAttempts: 1,
  })

const context = { purpose: 'test', tenant: 'a' }
const dataKey = new GenerateDataKeyCommand({
  KeyId: keyId,
  KeySpec: 'AES_256',
  EncryptionContext: context,
})

test('a data key opens again after a restart, under its context in any order', async () => {
  const { CiphertextBlob, Plaintext, KeyId } = await open().send(dataKey)
  expect(Plaintext).toHaveLength(32)
  expect(KeyId).toMatch(/^arn:aws:kms:/)
  const opened = await open().send(
    new DecryptCommand({ CiphertextBlob, EncryptionContext: { tenant: 'a', purpose: 'test' } }),
  )
  expect(opened.Plaintext).toEqual(Plaintext)
  expect(opened.KeyId).toBe(KeyId)
})

test('what was encrypted is decrypted, and never encrypted alike twice', async () => {
  const kms = open()
  const encrypt = new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('secret') })
  const [one, other] = [await kms.send(encrypt), await kms.send(encrypt)]
  expect(one.CiphertextBlob).not.toEqual(other.CiphertextBlob)
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob: one.CiphertextBlob }))
  expect(Buffer.from(Plaintext!).toString()).toBe('secret')
})

test('the key lies in a file that only its user can read, and not in the ciphertext', async () => {
  const { CiphertextBlob, Plaintext } = await open().send(dataKey)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const blob = Buffer.from(CiphertextBlob!).toString('hex')
  expect(blob).not.toContain(readFileSync(file, 'utf8').trim())
  expect(blob).not.toContain(Buffer.from(Plaintext!).toString('hex'))
})

describe('a ciphertext does not open', () => {
  const refused = { name: 'InvalidCiphertextException' }

  test.for([
    [undefined],
    [{}],
    [{ purpose: 'test' }],
    [{ ...context, more: 'x' }],
    [{ purpose: 'test', tenant: 'b' }],
  ])('under another context: %j', async ([EncryptionContext]) => {
    const kms = open()
    const { CiphertextBlob } = await kms.send(dataKey)
    const command = new DecryptCommand({ CiphertextBlob, EncryptionContext })
    await expect(kms.send(command)).rejects.toMatchObject(refused)
  })

  test('when any byte of it was changed, or some are missing', async () => {
    const kms = open()
    const blob = Buffer.from((await kms.send(dataKey)).CiphertextBlob!)
    for (let at = 0; at < blob.length; at++) {
      const changed = Buffer.from(blob)
      changed[at]! ^= 1
      for (const CiphertextBlob of [changed, blob.subarray(0, at)]) {
        if (CiphertextBlob.length === 0) continue
        const command = new DecryptCommand({ CiphertextBlob, EncryptionContext: context })
        await expect(kms.send(command)).rejects.toMatchObject(refused)
      }
    }
  })

  test('with the key of another home', async () => {
    const { CiphertextBlob } = await open().send(dataKey)
    writeFileSync(file, 'ab'.repeat(32))
    const command = new DecryptCommand({ CiphertextBlob, EncryptionContext: context })
    await expect(open().send(command)).rejects.toMatchObject(refused)
  })
})

test('a key that does not exist, sizes that are none and operations not served are refused by name', async () => {
  const kms = open()
  const foreign = new GenerateDataKeyCommand({ KeyId: 'alias/other', KeySpec: 'AES_256' })
  await expect(kms.send(foreign)).rejects.toMatchObject({ name: 'NotFoundException' })
  const both = new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', NumberOfBytes: 5 })
  await expect(kms.send(both)).rejects.toMatchObject({ name: 'ValidationException' })
  const large = new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.alloc(4097) })
  await expect(kms.send(large)).rejects.toMatchObject({ name: 'ValidationException' })
  await expect(kms.send(new CreateKeyCommand({}))).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
    message: expect.stringContaining('TrentService.CreateKey') as string,
  })
})

test('a key file that holds no key is a failure that names it', () => {
  writeFileSync(file, 'not a key')
  expect(() => openKeys(file, directory)).toThrow(
    expect.objectContaining({ code: 'DATA_DIRECTORY_DAMAGED' }) as Error,
  )
})
