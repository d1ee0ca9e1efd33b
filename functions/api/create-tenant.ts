/** POST /v1/tenants — a tenant, its name taken, and its first admin key, together or not at all. */
import { Failure } from '../../core/contract/failures.ts'
import { newId } from '../../core/ids.ts'
import { issueKey } from '../../core/issue-key.ts'
import { answerChange } from '../aws/change.ts'
import { apiKeyItem, plainItem, tenantItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'

export const handler = answerChange('create-tenant', async ({ body: { name }, now, at }) => {
  const id = newId('tenant', now)
  const tenant = { id, name, createdAt: at, updatedAt: at, version: 1 }
  const { stored, visible, secret } = issueKey(id, { name: 'first-admin', role: 'admin' }, now)
  return {
    writes: [
      {
        create: plainItem(keyOf.tenantName(name), { id }),
        otherwise: new Failure('NAME_TAKEN', undefined, { resource: 'tenant', name }),
      },
      { create: tenantItem(tenant) },
      { create: apiKeyItem(stored) },
    ],
    status: 201,
    location: `/v1/tenants/${id}`,
    body: { ...tenant, adminKey: visible },
    once: { adminKey: { ...visible, secret } },
    version: 1,
  }
})
