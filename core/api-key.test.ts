import { describe, expect, test } from 'vitest'
import { readCredential, verifyKey } from './api-key.ts'
import { issueKey } from './issue-key.ts'

const now = Date.UTC(2026, 0, 1)
const { stored, visible, secret } = issueKey('tenant-1', { name: 'ci', role: 'operator' }, now)
const proof = readCredential(secret)!

test('the credential leads to its key and proves it', () => {
  expect(proof.keyId).toBe(visible.id)
  expect(verifyKey(stored, proof.secret, now)).toBe(stored)
})

test('the secret is neither stored nor shown with the key', () => {
  expect(JSON.stringify([stored, visible])).not.toContain(proof.secret)
})

describe('a key is refused', () => {
  const refused = (key: typeof stored | undefined, shown: string, at = now) => {
    expect.hasAssertions()
    try {
      verifyKey(key, shown, at)
    } catch (error) {
      return (error as { code: string }).code
    }
    return 'accepted'
  }
  test.each([
    ['unknown', undefined, proof.secret, now, 'CREDENTIAL_INVALID'],
    ['with another secret', stored, '0'.repeat(64), now, 'CREDENTIAL_INVALID'],
    ['expired', stored, proof.secret, Date.parse(stored.expiresAt), 'KEY_EXPIRED'],
    ['revoked', { ...stored, revokedAt: visible.createdAt }, proof.secret, now, 'KEY_REVOKED'],
  ])('when it is %s', (_, key, shown, at, code) => {
    expect(refused(key, shown, at)).toBe(code)
  })
})

test.each(['', 'nvc_', 'nvc_key-1_', `nvc_key-1_${'g'.repeat(64)}`, `nvc_vm-1_${'0'.repeat(64)}`])(
  '%j is no credential',
  (text) => expect(readCredential(text)).toBeUndefined(),
)
