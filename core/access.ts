/**
 * Who may do what: the one place where a request is allowed. Deny by default: a route is open to the roles it names,
 * narrowed by the key's scopes; a platform route only to keys of the platform tenant. The tenant always comes from
 * the credential, so a request cannot ask for another one.
 */
import { Failure } from './contract/failures.ts'

export const roles = ['viewer', 'auditor', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

export const scopes = [
  'tenants:read',
  'tenants:write',
  'keys:read',
  'keys:write',
  'hosts:read',
  'hosts:write',
  'vms:read',
  'vms:write',
  'operations:read',
  'events:read',
] as const
export type Scope = (typeof scopes)[number]

/** The tenant that owns the hosts; the first admin key belongs to it. */
export const platformTenantId = 'tenant-0'

export interface Principal {
  keyId: string
  tenantId: string
  role: Role
  scopes: readonly Scope[]
}

/** Who may call a route: anybody, an agent (by its host's signature), or keys by role, scope and tenant. */
export type Access =
  | { by: 'anyone' }
  | { by: 'host' }
  | { by: 'key'; roles: readonly Role[]; scope: Scope | null; platformOnly?: boolean }

export const may = (principal: Principal, access: Access): boolean => {
  if (access.by === 'anyone') return true
  if (access.by === 'host') return false
  if (access.platformOnly && principal.tenantId !== platformTenantId) return false
  if (!access.roles.includes(principal.role)) return false
  return (
    access.scope === null ||
    principal.scopes.length === 0 ||
    principal.scopes.includes(access.scope)
  )
}

export const authorise = (principal: Principal, access: Access): void => {
  if (may(principal, access)) return
  const { keyId, role } = principal
  const { roles: allowed, scope } = access.by === 'key' ? access : { roles: [], scope: null }
  throw new Failure('FORBIDDEN', `The key ${keyId} ${whyNot(principal, access)}.`, {
    keyId,
    role,
    roles: allowed,
    leastRole: allowed[0],
    scope,
  })
}

const whyNot = ({ tenantId, role }: Principal, access: Access): string => {
  if (access.by !== 'key') return 'is no signature of a host'
  if (access.platformOnly && tenantId !== platformTenantId)
    return 'is a tenant’s; this is for keys of the platform'
  if (!access.roles.includes(role))
    return `is a ${role} key; this needs one of ${access.roles.join(', ')}`
  return `is limited to other scopes; this needs ${access.scope}`
}

const rank: Record<Role, number> = { viewer: 0, auditor: 1, operator: 2, admin: 3 }

/** What a key holds and could hand out. */
export interface Holding {
  role: Role
  scopes: readonly Scope[]
  requestsPerMinute: { read: number; write: number }
  expiresAt: string
}

export const mayDoEverything = ({ role, scopes: narrowed }: Holding) =>
  role === 'admin' && narrowed.length === 0

/**
 * Nobody hands out more than they hold: not a role above their own, not a scope they were not given, not more requests,
 * not a longer life. Only who may do everything anyway may make a key that outlives theirs: else a tenant would lose
 * its last admin on the day its first key ends.
 */
export const mayGrant = (maker: Holding, grant: Holding): boolean =>
  rank[grant.role] <= rank[maker.role] &&
  (maker.scopes.length === 0 ||
    (grant.scopes.length > 0 && grant.scopes.every((scope) => maker.scopes.includes(scope)))) &&
  grant.requestsPerMinute.read <= maker.requestsPerMinute.read &&
  grant.requestsPerMinute.write <= maker.requestsPerMinute.write &&
  (grant.expiresAt <= maker.expiresAt || mayDoEverything(maker))

export const authoriseGrant = (maker: Holding & { id: string }, grant: Holding): void => {
  if (mayGrant(maker, grant)) return
  throw new Failure(
    'FORBIDDEN',
    `The key ${maker.id} cannot hand out more than it holds: role ${maker.role}, its scopes, its limits, until ${maker.expiresAt}.`,
    {
      roles: [grant.role],
      scope: grant.scopes.length > 0 ? grant.scopes : 'of everything',
      leastRole: grant.role,
      expiresAt: maker.expiresAt,
    },
  )
}
