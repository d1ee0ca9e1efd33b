/** A new API key: what is stored, what is shown, and the credential that is shown once. */
import type { Role, Scope } from './access.ts'
import { hashSecret, writeCredential, type StoredKey } from './api-key.ts'
import type { ApiKey } from './contract/resources.ts'
import { newId, newSecret } from './ids.ts'

export interface KeyRequest {
  name: string
  role: Role
  scopes?: Scope[] | undefined
  expiresInSeconds?: number | undefined
  requestsPerMinute?: { read: number; write: number } | undefined
}

/** What a key gets where nothing else was asked for. */
export const usual = {
  expiresInSeconds: 90 * 24 * 3600,
  requestsPerMinute: { read: 1200, write: 300 },
} as const

export const issueKey = (tenantId: string, request: KeyRequest, now: number) => {
  const at = new Date(now).toISOString()
  const secret = newSecret()
  const visible: ApiKey = {
    id: newId('key', now),
    tenantId,
    name: request.name,
    role: request.role,
    scopes: request.scopes ?? [],
    requestsPerMinute: request.requestsPerMinute ?? usual.requestsPerMinute,
    expiresAt: new Date(
      now + (request.expiresInSeconds ?? usual.expiresInSeconds) * 1000,
    ).toISOString(),
    revokedAt: null,
    createdAt: at,
    updatedAt: at,
    version: 1,
  }
  const stored: StoredKey = { ...visible, secretHash: hashSecret(secret) }
  return { stored, visible, secret: writeCredential(visible.id, secret) }
}
