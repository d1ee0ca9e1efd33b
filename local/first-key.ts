/**
 * The first start makes the platform's tenant and one admin key of it. The credential is written to a file that only
 * its user can read, before the key exists: a crash in between leaves a file whose key the next start makes. It is
 * never printed.
 */
import { existsSync, readFileSync } from 'node:fs'
import { platformTenantId } from '../core/access.ts'
import { hashSecret, readCredential } from '../core/api-key.ts'
import { issueKey } from '../core/issue-key.ts'
import { apiKeyItem, plainItem, tenantItem } from '../functions/aws/items.ts'
import { keyOf } from '../functions/aws/keys.ts'
import { commit } from '../functions/aws/commit.ts'
import { get } from '../functions/aws/table.ts'
import { LocalFailure } from './failures.ts'
import { writeDurably } from './write-durably.ts'

const tenYearsInSeconds = 10 * 365 * 24 * 3600
const name = 'platform'

export async function makeFirstKey(file: string, home: string, now: number): Promise<void> {
  if (await get(keyOf.tenant(platformTenantId))) return
  const fresh = issueKey(
    platformTenantId,
    {
      name: 'first-admin',
      role: 'admin',
      expiresInSeconds: tenYearsInSeconds,
      requestsPerMinute: { read: 60_000, write: 60_000 },
    },
    now,
  )
  if (!existsSync(file)) writeDurably(file, `${fresh.secret}\n`)
  const written = readCredential(readFileSync(file, 'utf8').trim())
  if (!written)
    throw new LocalFailure('DATA_DIRECTORY_DAMAGED', { home, file, reason: 'it is not a key' })
  const { keyId: id, secret } = written
  const at = fresh.stored.createdAt
  await commit([
    { create: plainItem(keyOf.tenantName(name), { id: platformTenantId }) },
    {
      create: tenantItem({ id: platformTenantId, name, createdAt: at, updatedAt: at, version: 1 }),
    },
    { create: apiKeyItem({ ...fresh.stored, id, secretHash: hashSecret(secret) }) },
  ])
}
