import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roles, scopes, type Role, type Scope } from '../../core/access.ts'
import { routeNames, routes, type RouteName } from '../../core/contract/api.ts'
import {
  startCloudUnderTest,
  targetOf,
  type CloudUnderTest,
  type Given,
} from '../cloud-under-test.ts'

/**
 * The policy, said a second time and by other means than the route table: who may, under which scope, and whether
 * only in the platform's tenant. `everybody` needs no key; `hosts` sign.
 */
const policy: Record<
  RouteName,
  | { may: 'everybody' | 'hosts' }
  | { may: Role[]; scope: Scope | 'any'; where: 'own tenant' | 'platform' }
> = {
  'get-api': { may: 'everybody' },
  'get-openapi': { may: 'everybody' },
  'get-failure': { may: 'everybody' },
  'get-principal': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'any',
    where: 'own tenant',
  },
  'create-tenant': { may: ['admin'], scope: 'tenants:write', where: 'platform' },
  'list-tenants': { may: ['auditor', 'admin'], scope: 'tenants:read', where: 'platform' },
  'get-tenant': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'tenants:read',
    where: 'own tenant',
  },
  'create-key': { may: ['admin'], scope: 'keys:write', where: 'own tenant' },
  'list-keys': { may: ['auditor', 'admin'], scope: 'keys:read', where: 'own tenant' },
  'get-key': { may: ['auditor', 'admin'], scope: 'keys:read', where: 'own tenant' },
  'revoke-key': { may: ['admin'], scope: 'keys:write', where: 'own tenant' },
  'create-join-token': { may: ['admin'], scope: 'hosts:write', where: 'platform' },
  'list-hosts': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'hosts:read',
    where: 'platform',
  },
  'get-host': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'hosts:read',
    where: 'platform',
  },
  'create-vm': { may: ['operator', 'admin'], scope: 'vms:write', where: 'own tenant' },
  'list-vms': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'vms:read',
    where: 'own tenant',
  },
  'get-vm': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'vms:read',
    where: 'own tenant',
  },
  'update-vm': { may: ['operator', 'admin'], scope: 'vms:write', where: 'own tenant' },
  'delete-vm': { may: ['operator', 'admin'], scope: 'vms:write', where: 'own tenant' },
  'get-operation': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'operations:read',
    where: 'own tenant',
  },
  'list-operations': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'operations:read',
    where: 'own tenant',
  },
  'read-events': {
    may: ['viewer', 'auditor', 'operator', 'admin'],
    scope: 'events:read',
    where: 'own tenant',
  },
  'enrol-host': { may: 'everybody' },
  'take-commands': { may: 'hosts' },
  report: { may: 'hosts' },
}

interface Tenant {
  id: string
  admin: string
  /** One of each thing that is addressed by an id, in the name of the path's parameter. */
  has: Record<string, string>
}

let under: CloudUnderTest
let platform: Tenant
let ours: Tenant
let theirs: Tenant

const furnish = async (id: string, admin: string): Promise<Tenant> => {
  const vm = await under.vm(admin)
  const [operation] = (await under.get('list-operations', { key: admin })).items
  const { id: keyId } = await under.get('create-key', {
    key: admin,
    body: { name: under.name('furniture'), role: 'viewer' },
  })
  const has = { vmId: vm.id, operationId: operation!.id, keyId, tenantId: id }
  return { id, admin, has: { ...has, hostId: under.hostIds[0]! } }
}

beforeAll(async () => {
  under = await startCloudUnderTest({ hosts: 1 })
  const [one, other] = [await under.tenant(), await under.tenant()]
  platform = await furnish('tenant-0', under.adminKey)
  ours = await furnish(one.id, one.admin)
  theirs = await furnish(other.id, other.admin)
})
afterAll(() => under?.[Symbol.asyncDispose]())

/** A request that would go through if it were allowed, on things of `owner`; nothing is left changed. */
const requestFor = (name: RouteName, owner: Tenant): Given => {
  const { path, mutating } = routes[name]
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter!)
  const bodies: Partial<Record<RouteName, unknown>> = {
    'create-tenant': { name: under.name('tenant') },
    'create-key': { name: under.name('key'), role: 'viewer' },
    'create-vm': { name: under.name('vm'), vcpus: 1, memoryMiB: 64 },
    'update-vm': { labels: { by: 'the-matrix' } },
    'enrol-host': { joinToken: 'none' },
    'take-commands': { incarnation: 'none' },
    report: { commandId: 'none', generation: 1, incarnation: 'none', kind: 'done' },
  }
  return {
    params: Object.fromEntries(inPath.map((at) => [at, owner.has[at] ?? 'STATE_FORBIDS'])),
    query: {
      ...(mutating && { validateOnly: 'true' }),
      ...(name === 'read-events' && { after: 0, wait: 0 }),
    },
    body: bodies[name],
  }
}

/** What came of it, in one word. */
const verdictOf = async (name: RouteName, given: Given): Promise<string> => {
  const { status, problem } = await under.ask(name, given)
  return status < 300 ? 'allowed' : problem!.code
}

interface Asker {
  role: Role
  scopes: Scope[]
  of: Tenant
  credential: string
}

const verdictsOf = async (request: (name: RouteName) => Given) => {
  const verdicts = await Promise.all(
    routeNames.map(async (name) => [name, await verdictOf(name, request(name))]),
  )
  return Object.fromEntries(verdicts) as Record<RouteName, string>
}

/** For agents' routes a key is no signature, and a stranger's empty enrolment is refused for what it lacks. */
const ofAgents = (name: RouteName) =>
  name === 'enrol-host' ? 'INPUT_INVALID' : 'HOST_SIGNATURE_INVALID'

const expected = (name: RouteName, { role, scopes: held, of }: Asker): string => {
  const rule = policy[name]
  if (name === 'enrol-host' || rule.may === 'hosts') return ofAgents(name)
  if (rule.may === 'everybody') return 'allowed'
  const { may, scope, where } = rule as Exclude<typeof rule, { may: 'everybody' | 'hosts' }>
  const inside = scope === 'any' || held.length === 0 || held.includes(scope)
  const there = where === 'own tenant' || of === platform
  return may.includes(role) && inside && there ? 'allowed' : 'FORBIDDEN'
}

const askerOf = async (of: Tenant, role: Role, held: Scope[] = []): Promise<Asker> => {
  const wish = { role, ...(held.length > 0 && { scopes: held }) }
  return { role, scopes: held, of, credential: await under.key(of.admin, wish) }
}

test('the policy speaks of every route', () => {
  expect(Object.keys(policy).toSorted()).toEqual([...routeNames].toSorted())
})

describe.each(['a customer', 'the platform'])('on what %s has itself', (who) => {
  const owner = () => (who === 'the platform' ? platform : ours)

  test.each(roles)(
    'a key of the role %s may what the policy says, and nothing else',
    async (role) => {
      const asker = await askerOf(owner(), role)
      const request = (name: RouteName) => ({
        ...requestFor(name, owner()),
        key: asker.credential,
      })
      const wanted = routeNames.map((name) => [name, expected(name, asker)])
      expect(await verdictsOf(request)).toEqual(Object.fromEntries(wanted))
    },
  )

  test.each(scopes)('an admin key limited to %s may nothing beyond it', async (scope) => {
    const asker = await askerOf(owner(), 'admin', [scope])
    const request = (name: RouteName) => ({
      ...requestFor(name, owner()),
      key: asker.credential,
      body:
        name === 'create-key'
          ? { name: 'lesser', role: 'viewer', scopes: [scope] }
          : requestFor(name, owner()).body,
    })
    const wanted = routeNames.map((name) => [name, expected(name, asker)])
    expect(await verdictsOf(request)).toEqual(Object.fromEntries(wanted))
  })
})

describe('whoever shows no key that is good', () => {
  const expire = async () => {
    const credential = await under.key(ours.admin, { role: 'admin', expiresInSeconds: 60 })
    under.clock.move(61_000)
    return credential
  }
  const revoke = async () => {
    const key = { key: ours.admin }
    const body = { name: under.name('revoked'), role: 'admin' }
    const { id, secret } = await under.get('create-key', { ...key, body })
    await under.get('revoke-key', { ...key, params: { keyId: id } })
    return secret!
  }
  const another = async () => ours.admin.replace(/.{8}$/, '00000000')
  test.each([
    ['none at all', async () => null, 'CREDENTIAL_MISSING'],
    ['rubbish', async () => 'rubbish', 'CREDENTIAL_INVALID'],
    ['a key that never was', async () => `nvc_key-0_${'0'.repeat(64)}`, 'CREDENTIAL_INVALID'],
    ['a key with another secret', another, 'CREDENTIAL_INVALID'],
    ['an expired key', expire, 'KEY_EXPIRED'],
    ['a revoked key', revoke, 'KEY_REVOKED'],
  ])('%s: nothing but what is open to everybody', async (_, find, code) => {
    const key = await find()
    const wanted = routeNames.map((name) => {
      const rule = policy[name]
      if (name === 'enrol-host' || rule.may === 'hosts') return [name, ofAgents(name)]
      return [name, rule.may === 'everybody' ? 'allowed' : code]
    })
    const request = (name: RouteName) => ({ ...requestFor(name, ours), key })
    expect(await verdictsOf(request)).toEqual(Object.fromEntries(wanted))
  })
})

describe('what belongs to another tenant is as absent as what never was', () => {
  const addressed = routeNames.filter((name) => /\{(?!code)\w+\}/.test(routes[name].path))

  /** The whole answer but for the two ids in it, one asked for and one of the trace. */
  const blurred = async (name: RouteName, key: string, params: Record<string, string>) => {
    const given = { ...requestFor(name, ours), key, params }
    const { status, headers, text } = await under.ask(name, given)
    const id = Object.values(params)[0]!
    const passing = /^(date|traceparent|apigw-requestid|content-length|ratelimit)$/
    return {
      status,
      headers: [...headers].filter(([header]) => !passing.test(header)),
      text: text.replaceAll(id, '<id>').replace(/"traceId":"\w+"/, '<trace>'),
    }
  }

  test.each(addressed)('%s', async (name) => {
    const [parameter] = /(?<=\{)\w+(?=\})/.exec(routes[name].path)!
    const absent = ours.has[parameter]!.replace(/.{6}$/, 'zzzzzz')
    for (const role of roles)
      for (const foreign of [theirs, platform]) {
        if (parameter === 'hostId' && foreign === theirs) continue
        const { credential } = await askerOf(ours, role)
        const ofTheirs = await blurred(name, credential, { [parameter]: foreign.has[parameter]! })
        const ofNobody = await blurred(name, credential, { [parameter]: absent })
        expect(ofTheirs).toEqual(ofNobody)
        expect(ofTheirs.status).toBeGreaterThanOrEqual(403)
      }
  })

  test('the platform sees all tenants, and in them nothing', async () => {
    const key = platform.admin
    const given = (name: RouteName): Given => ({ ...requestFor(name, theirs), key })
    expect(await verdictOf('get-tenant', given('get-tenant'))).toBe('allowed')
    for (const name of addressed) {
      if (name === 'get-tenant' || name === 'get-host') continue
      expect([name, await verdictOf(name, given(name))]).toEqual([name, 'NOT_FOUND'])
    }
  })

  test('lists and events hold what is of the own tenant only', async () => {
    const lists = ['list-keys', 'list-vms', 'list-operations'] as const
    for (const of of [platform, ours, theirs]) {
      for (const name of lists) {
        const { items } = await under.get(name, { key: of.admin, query: { pageSize: 1000 } })
        expect(items.length).toBeGreaterThan(0)
        expect(new Set(items.map(({ tenantId }) => tenantId))).toEqual(new Set([of.id]))
      }
      const query = { after: 0, wait: 5 }
      const { events } = await under.get('read-events', { key: of.admin, query })
      expect(new Set(events.map(({ tenantid }) => tenantid))).toEqual(new Set([of.id]))
    }
  })
})

describe('the tenant is never taken from the request', () => {
  test('a tenant in the query or in the body is refused by name', async () => {
    const key = ours.admin
    const inQuery = { key, query: { tenantId: theirs.id } }
    expect((await under.refused('list-vms', inQuery)).errors).toEqual([
      { in: 'query', pointer: 'tenantId', detail: 'is not known here' },
    ])
    for (const name of ['create-vm', 'create-key', 'update-vm'] as const) {
      const given = requestFor(name, ours)
      const body = { ...(given.body as object), tenantId: theirs.id }
      expect((await under.refused(name, { ...given, key, body })).errors).toEqual([
        { in: 'body', pointer: '/tenantId', detail: 'is not known here' },
      ])
    }
  })

  test('a tenant in a header changes nothing', async () => {
    const headers = { 'x-tenant-id': theirs.id, tenantid: theirs.id, 'novacron-tenant': theirs.id }
    const given = { key: ours.admin, headers }
    expect((await under.get('get-principal', given)).tenantId).toBe(ours.id)
    const made = await under.get('create-key', { ...given, body: { name: 'mine', role: 'viewer' } })
    expect(made.tenantId).toBe(ours.id)
  })
})

describe('no key makes a key with more than its own rights', () => {
  const make = (key: string, wish: object) =>
    verdictOf('create-key', { key, body: { name: under.name('child'), role: 'viewer', ...wish } })

  test('not with scopes it lacks, nor without a limit to its own', async () => {
    const key = await under.key(ours.admin, { role: 'admin', scopes: ['keys:write', 'vms:read'] })
    expect(await make(key, { scopes: ['vms:read'] })).toBe('allowed')
    expect(await make(key, { scopes: ['vms:read', 'vms:write'] })).toBe('FORBIDDEN')
    expect(await make(key, { scopes: [] })).toBe('FORBIDDEN')
    expect(await make(key, {})).toBe('FORBIDDEN')
  })

  test('not one that lives longer', async () => {
    const held: Scope[] = ['keys:write', 'vms:read']
    const wishes = { role: 'admin', scopes: held, expiresInSeconds: 3600 } as const
    const key = await under.key(ours.admin, wishes)
    const wish = { scopes: ['vms:read'] }
    expect(await make(key, { ...wish, expiresInSeconds: 3000 })).toBe('allowed')
    expect(await make(key, { ...wish, expiresInSeconds: 7200 })).toBe('FORBIDDEN')
    expect(await make(key, wish)).toBe('allowed')
  })

  test('but an admin who may do everything can have a successor', async () => {
    const key = await under.key(ours.admin, { role: 'admin', expiresInSeconds: 3600 })
    expect(await make(key, { role: 'admin', expiresInSeconds: 7200 })).toBe('allowed')
  })

  test('not one that may ask more often', async () => {
    const requestsPerMinute = { read: 100, write: 100 }
    const key = await under.key(ours.admin, { role: 'admin', requestsPerMinute })
    expect(await make(key, { requestsPerMinute })).toBe('allowed')
    expect(await make(key, { requestsPerMinute: { read: 101, write: 1 } })).toBe('FORBIDDEN')
    expect(await make(key, { requestsPerMinute: { read: 1, write: 101 } })).toBe('FORBIDDEN')
    expect(await make(key, {})).toBe('allowed')
  })

  test('what a child may is never more than what its maker may, whatever was asked for', async () => {
    const held: Scope[] = ['keys:write', 'keys:read', 'hosts:read']
    const maker = await askerOf(ours, 'admin', held)
    for (const role of roles)
      for (const scope of scopes) {
        const verdict = await make(maker.credential, { role, scopes: [scope] })
        expect([role, scope, verdict]).toEqual([
          role,
          scope,
          held.includes(scope) ? 'allowed' : 'FORBIDDEN',
        ])
      }
  })
})

test('a refusal says which of role, scope and tenant was the matter', async () => {
  const why = async (name: RouteName, key: string) =>
    (await under.refused(name, { ...requestFor(name, ours), key })).detail
  const viewer = await under.key(ours.admin)
  const narrow = await under.key(ours.admin, { role: 'admin', scopes: ['vms:read'] })
  expect(await why('create-vm', viewer)).toContain('is a viewer key; this needs one of operator')
  expect(await why('create-vm', narrow)).toContain('this needs vms:write')
  expect(await why('list-hosts', ours.admin)).toContain('this is for keys of the platform')
})

test('a route is addressed as it is written, not as something like it', async () => {
  const { status } = await fetch(under.url + targetOf('list-vms').toUpperCase())
  expect(status).toBe(404)
})
