import { afterAll, expect, test } from 'vitest'
import { startCloudUnderTest } from '../cloud-under-test.ts'

const under = await startCloudUnderTest()
afterAll(() => under[Symbol.asyncDispose]())

test('the last key that may make keys is not revoked, and with a successor it is', async () => {
  const { admin } = await under.tenant()
  const { id: keyId } = await under.get('get-principal', { key: admin })
  const params = { keyId }
  expect(await under.refused('revoke-key', { key: admin, params })).toMatchObject({
    code: 'LAST_ADMIN_KEY',
  })
  await under.key(admin, { role: 'operator' })
  await under.refused('revoke-key', { key: admin, params })
  await under.key(admin, { role: 'admin' })
  const revoked = await under.get('revoke-key', { key: admin, params })
  expect(revoked.revokedAt).not.toBeNull()
})
