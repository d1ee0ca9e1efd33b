/** GET /v1/tenants/{tenantId} — one's own; the platform sees all. */
import { platformTenantId } from '../../core/access.ts'
import type { Tenant } from '../../core/contract/resources.ts'
import { answer } from '../aws/answer.ts'
import { keyOf } from '../aws/keys.ts'
import { load } from '../aws/table.ts'

type Stored = Tenant & { tenantId?: string }

export const handler = answer('get-tenant', async ({ params: { tenantId: id }, principal }) => {
  const visible = principal.tenantId === platformTenantId ? id : principal.tenantId
  const expected = { resource: 'tenant', id, tenantId: visible }
  const tenant = await load<Stored>(keyOf.tenant(id), expected)
  return { body: tenant, version: tenant.version }
})
