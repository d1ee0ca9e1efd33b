/** Doctor, with every fault it knows brought about one by one: each is found, and each has exactly one fix. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startProxy, type Deed, type Proxy } from './cli/proxy.ts'
import { startCli, startWorld, type Result, type World } from './cli/world.ts'

interface Check {
  check: string
  state: 'ok' | 'fault' | 'skipped'
  detail: string
  fix: string | null
}

let world: World
let key: string
let proxy: Proxy | undefined
beforeAll(async () => {
  world = await startWorld()
  key = readFileSync(world.cloud.adminKeyFile, 'utf8').trim()
})
afterEach(async () => {
  await proxy?.close()
  proxy = undefined
})
afterAll(() => world.close())

const checksOf = ({ out }: Result) => (JSON.parse(out) as { ok: boolean; checks: Check[] }).checks
const faultsOf = (result: Result) => {
  expect(result.code).toBe(1)
  const checks = checksOf(result)
  for (const { state, fix } of checks) expect(fix !== null).toBe(state === 'fault')
  return checks
    .filter(({ state }) => state === 'fault')
    .map(({ check, fix }) => [check, fix] as const)
}
const doctor = (env?: NodeJS.ProcessEnv, ...args: string[]) =>
  world.start(['doctor', '-o', 'json', ...args], env).ended
const behind = async (path: string, deed: Deed, address = '127.0.0.1') => {
  proxy = await startProxy(world.cloud.url, (asked) =>
    asked.path.startsWith(path) ? deed : 'pass',
  )
  const url = proxy.url.replace('127.0.0.1', address)
  return doctor({ NOVACRON_API_KEY: key }, '--url', url)
}
const change = (
  edit: (body: Record<string, unknown>, headers: Record<string, string>) => void,
) => ({
  change: (answer: { headers: Record<string, string>; body: string }) => {
    const body = JSON.parse(answer.body) as Record<string, unknown>
    edit(body, answer.headers)
    answer.body = JSON.stringify(body)
  },
})

test('no host: a token lets one join', async () => {
  const faults = faultsOf(await doctor())
  expect(faults).toEqual([['hosts', 'npx novacron host token create']])
  await world.bringHostBack()
})

test('with everything in place there is no fault, for people and for programs', async () => {
  const table = await world.cli('doctor')
  expect(table).toMatchObject({ code: 0, err: 'Everything is in place.\n' })
  expect(table.out).not.toContain('✗')
  const checks = checksOf(await doctor())
  expect(checks.map(({ state }) => state)).toEqual(checks.map(() => 'ok'))
})

test('a fault is shown with its fix beneath', async () => {
  chmodSync(world.cloud.adminKeyFile, 0o644)
  const table = await world.cli('doctor')
  expect(table).toMatchObject({ code: 1, err: 'One fault.\n' })
  expect(table.out).toMatch(
    /^✗ key file +\S+ has mode 0644: others can read it\n +fix: chmod 600 \S+$/m,
  )
  const fix = ['key file', `chmod 600 ${world.cloud.adminKeyFile}`]
  expect(faultsOf(await doctor())).toEqual([fix])
  chmodSync(world.cloud.adminKeyFile, 0o600)
})

test('no data directory: start it', async () => {
  const elsewhere = await startCli('/', ['doctor', '-o', 'json']).ended
  expect(faultsOf(elsewhere)).toContainEqual(['address', 'npm start'])
})

test('an API that was killed: start it', async () => {
  // 4194304 is above the highest process id of Linux: this process has certainly ended.
  const address = join(world.home, 'address.json')
  const kept = readFileSync(address, 'utf8')
  writeFileSync(address, JSON.stringify({ url: 'http://127.0.0.1:9', pid: 4_194_304 }))
  const killed = await doctor()
  writeFileSync(address, kept)
  expect(faultsOf(killed)).toEqual([['api', 'npm start']])
  expect(checksOf(killed).find(({ check }) => check === 'api')?.detail).toContain('has ended')
})

test('something else at the address: look what it is', async () => {
  const page: Deed = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }
  const found = await behind('/', page)
  expect(faultsOf(found)).toEqual([['api', `curl -i ${proxy!.url}/v1`]])
})

test('an address that everybody on the way can read: use https', async () => {
  const found = await behind('/none', 'pass', '0.0.0.0')
  const url = proxy!.url.replace('127.0.0.1', '0.0.0.0')
  const fix = `export NOVACRON_URL=${url.replace('http:', 'https:')}`
  expect(faultsOf(found)).toContainEqual(['address', fix])
})

test('another version: get the same one', async () => {
  const newer = change((body) => (body.version = '7.1.0'))
  expect(faultsOf(await behind('/v1', newer))).toContainEqual(['versions', 'git pull && npm ci'])
})

test('a clock that is wrong: set it', async () => {
  const later = change((_, headers) => (headers.date = 'Fri, 01 Jan 2100 00:00:00 GMT'))
  const fix = 'sudo timedatectl set-ntp true'
  expect(faultsOf(await behind('/v1', later))).toEqual([['clock', fix]])
})

test('no key: give one', async () => {
  const found = await doctor({}, '--url', 'http://127.0.0.1:9')
  expect(faultsOf(found)).toContainEqual(['key', 'export NOVACRON_API_KEY=nvc_…'])
})

test('a key that is not accepted, with a good one at hand: use that', async () => {
  const found = await doctor({
    NOVACRON_API_KEY: key.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
  })
  expect(faultsOf(found)).toEqual([['key accepted', 'unset NOVACRON_API_KEY']])
})

test('a revoked key, and no other: get one', async () => {
  const made = await world.done(
    'key',
    'create',
    '--role',
    'viewer',
    '--save',
    'revoked.key',
    '-o',
    'name',
  )
  await world.done('key', 'revoke', made.out.trim())
  const found = await doctor({}, '--key-file', 'revoked.key')
  expect(faultsOf(found)).toEqual([['key accepted', 'export NOVACRON_API_KEY=nvc_…']])
  const check = checksOf(found).find((one) => one.check === 'key accepted')
  expect(check?.detail).toContain('revoked')
})

test('a key that expires soon: make the next one', async () => {
  const args = ['--role', 'auditor', '--expires-in', '2d', '--save', 'short.key']
  await world.done('key', 'create', ...args)
  const found = await doctor({}, '--key-file', 'short.key')
  const fix = 'npx novacron key create --role auditor --save auditor.key'
  expect(faultsOf(found)).toEqual([['key expiry', fix]])
})

test('what a key may not see is no fault', async () => {
  await world.done('tenant', 'create', 'acme', '--save', 'acme.key')
  const found = await doctor({}, '--key-file', 'acme.key')
  expect(found.code).toBe(0)
  const hosts = checksOf(found).find(({ check }) => check === 'hosts')
  expect(hosts).toMatchObject({ state: 'skipped', detail: 'this key may not see it' })
})

test('hosts, but none is ready: look at them', async () => {
  const lost = change((body) => {
    for (const host of body.items as { state: string }[]) host.state = 'lost'
  })
  expect(faultsOf(await behind('/v1/hosts', lost))).toEqual([['hosts', 'npx novacron host list']])
})

test('a host that has gone silent: look at it', async () => {
  const silent = change((body) => {
    const [first] = body.items as { lastSeenAt: string }[]
    first!.lastSeenAt = '2026-01-01T00:00:00.000Z'
  })
  expect(faultsOf(await behind('/v1/hosts', silent))).toEqual([['hosts', 'npx novacron host list']])
})

test('an operation that has not started: follow it', async () => {
  const begun = await world.done('vm', 'create', 'slow', '--no-wait', '-o', 'json')
  const operation = JSON.parse(begun.out) as { id: string }
  const queued = change((body) => (body.items = [operation]))
  const found = faultsOf(
    await behind('/v1/operations?pageSize=100&filter=state+%3D+queued', queued),
  )
  const fix = `npx novacron operation watch ${operation.id}`
  expect(found).toEqual([['unstarted operations', fix]])
})

test('a VM that failed: delete it, and all is well again', async () => {
  const failed = await world.cli('vm', 'create', 'big', '--memory', '4TiB', '-o', 'json')
  const { target } = JSON.parse(failed.out) as { target: string }
  const id = target.split('/').at(-1)!
  expect(faultsOf(await doctor())).toEqual([['failed VMs', `npx novacron vm delete ${id}`]])
  await world.done('vm', 'delete', id)
  expect((await doctor()).code).toBe(0)
})
