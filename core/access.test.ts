import { describe, expect, test } from 'vitest'
import {
  may,
  mayGrant,
  platformTenantId,
  roles,
  type Holding,
  type Principal,
  type Role,
} from './access.ts'

const principal = (role: Role, more: Partial<Principal> = {}): Principal => ({
  keyId: 'key-1',
  tenantId: 'tenant-1',
  role,
  scopes: [],
  ...more,
})

const holding = (role: Role, scopes: Principal['scopes'] = []): Holding => ({
  role,
  scopes,
  requestsPerMinute: { read: 10, write: 10 },
  expiresAt: '2026-11-20T08:00:00.000Z',
})

describe('nobody hands out more than they hold', () => {
  test('not a role above their own', () => {
    const granted = roles.map((maker) => [
      maker,
      roles.filter((role) => mayGrant(holding(maker), holding(role))),
    ])
    expect(Object.fromEntries(granted)).toEqual({
      viewer: ['viewer'],
      auditor: ['viewer', 'auditor'],
      operator: ['viewer', 'auditor', 'operator'],
      admin: ['viewer', 'auditor', 'operator', 'admin'],
    })
  })

  test('not a scope they were not given, nor all of them by naming none', () => {
    const narrow = holding('admin', ['vms:read', 'keys:write'])
    const grants = (scopes: Principal['scopes']) => mayGrant(narrow, holding('viewer', scopes))
    expect(grants(['vms:read'])).toBe(true)
    expect(grants(['vms:read', 'keys:write'])).toBe(true)
    expect(grants(['vms:read', 'vms:write'])).toBe(false)
    expect(grants([])).toBe(false)
  })
})

describe('a longer life', () => {
  const long = { ...holding('viewer'), expiresAt: '2026-11-21T08:00:00.000Z' }
  test('is handed out only by an admin who may do everything', () => {
    expect(mayGrant(holding('admin'), long)).toBe(true)
    expect(mayGrant(holding('operator'), long)).toBe(false)
    expect(mayGrant(holding('admin', ['vms:read']), { ...long, scopes: ['vms:read'] })).toBe(false)
  })
})

describe('a route', () => {
  test('open to anyone is open to every key, and one for hosts to none', () => {
    for (const role of roles) {
      expect(may(principal(role), { by: 'anyone' })).toBe(true)
      expect(may(principal(role), { by: 'host' })).toBe(false)
    }
  })

  test('of the platform is closed to every other tenant, whatever the role', () => {
    const access = { by: 'key', roles, scope: null, platformOnly: true } as const
    expect(may(principal('admin'), access)).toBe(false)
    expect(may(principal('viewer', { tenantId: platformTenantId }), access)).toBe(true)
  })

  test('that names no role is open to nobody', () => {
    const access = { by: 'key', roles: [], scope: null } as const
    for (const role of roles) expect(may(principal(role), access)).toBe(false)
  })
})
