/** Every verb of the CLI, run as a process against the embedded cloud. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWorld, type World } from './cli/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
  await world.bringHostBack()
})
afterAll(() => world.close())

const cli = (...args: string[]) => world.cli(...args)
const json = <T = Record<string, unknown>>(text: string) => JSON.parse(text) as T
const lines = (text: string) => text.trimEnd().split('\n')
interface Items<T> {
  items: T[]
}

describe('a VM', () => {
  test('is created, waited for, and shown as a table; what is said goes to stderr', async () => {
    const made = await cli('vm', 'create', 'demo', '--memory', '1GiB', '--label', 'env=prod')
    expect(made.code).toBe(0)
    const [titles, row, ...rest] = lines(made.out)
    expect(rest).toEqual([])
    expect(titles).toMatch(/^NAME +STATE +VCPUS +MEMORY +HOST +LABELS +AGE +ID$/)
    expect(row).toMatch(/^demo +running +1 +1 GiB +host-\w+ +env=prod +[\d.]+ s +vm-\w+$/)
    expect(made.err).toMatch(/^create vm demo: /)
    expect(made.err).toContain('✔ create vm demo: done in')
    expect(made.err).toContain('Look at it: npx novacron vm get demo')
  })

  test('is found by name and by id, with the API’s own JSON', async () => {
    const byName = await cli('vm', 'get', 'demo', '-o', 'json')
    const vm = json<{ id: string }>(byName.out)
    expect(vm).toEqual(await world.ask('GET', `/v1/vms/${vm.id}`))
    const byId = await cli('vm', 'get', vm.id)
    expect(byId).toMatchObject({ code: 0, err: '' })
    expect(byId.out).toMatch(/^name +demo$/m)
    expect(byId.out).toMatch(/^labels +env=prod$/m)
  })

  test('is listed for people, for programs, and by id', async () => {
    const table = await cli('vm', 'list')
    expect(lines(table.out)).toHaveLength(2)
    const all = json<Items<{ id: string; name: string }>>(
      (await cli('vm', 'list', '-o', 'json')).out,
    )
    expect(all.items.map(({ name }) => name)).toEqual(['demo'])
    const names = await cli('vm', 'list', '-o', 'name')
    expect(names.out).toBe(`${all.items[0]!.id}\n`)
    const none = await cli('vm', 'list', '--filter', 'labels.env = dev')
    expect(none).toMatchObject({ code: 0, out: '', err: 'No VMs match.\n' })
  })

  test('has its labels changed without losing the others', async () => {
    await world.done('vm', 'update', 'demo', '--label', 'tier=web')
    const vm = await cli('vm', 'update', 'demo', '--remove-label', 'env', '-o', 'json')
    expect(json(vm.out).labels).toEqual({ tier: 'web' })
  })

  test('with a taken name is refused as a conflict', async () => {
    const again = await cli('vm', 'create', 'demo')
    expect(again).toMatchObject({ code: 6, out: '' })
    expect(again.err).toContain('[NAME_TAKEN]')
    expect(again.err).toMatch(/^ {4}npx novacron vm /m)
    expect(again.err).toMatch(/^trace [0-9a-f]{32}$/m)
  })

  test('is validated without being created', async () => {
    const valid = await cli('vm', 'create', 'never', '--validate-only')
    expect(valid).toMatchObject({ code: 0, out: '' })
    expect(valid.err).toContain('nothing was changed')
    expect((await cli('vm', 'get', 'never')).code).toBe(3)
  })

  test('that no host can take fails with the reason and what helps, exit code 1', async () => {
    const big = await cli('vm', 'create', 'big', '--memory', '4TiB', '-o', 'json')
    expect(big.code).toBe(1)
    expect(json(big.out)).toMatchObject({ state: 'failed', error: { code: 'NO_HOST_FITS' } })
    const problem = json<{ code: string; fix: { command: string }[] }>(lines(big.err).at(-1)!)
    expect(problem.code).toBe('NO_HOST_FITS')
    expect(problem.fix.map(({ command }) => command)).toEqual([
      'npx novacron host list',
      'npx novacron vm delete big',
    ])
    expect((await cli('vm', 'delete', 'big')).code).toBe(0)
  })

  test('is deleted only in the version that was meant', async () => {
    const stale = await cli('vm', 'delete', 'demo', '--if-match', 'v1')
    expect(stale.code).toBe(6)
    expect(stale.err).toContain('[PRECONDITION_FAILED]')
    const { version } = json<{ version: number }>(
      (await cli('vm', 'get', 'demo', '-o', 'json')).out,
    )
    const gone = await cli('vm', 'delete', 'demo', '--if-match', `v${version}`)
    expect(gone).toMatchObject({ code: 0, out: '' })
    expect(gone.err).toMatch(/^Deleting VM demo \(vm-\w+, running on host-\w+\)$/m)
    expect(gone.err).toContain('✔ delete vm demo: done')
    const absent = await cli('vm', 'delete', 'demo')
    expect(absent.code).toBe(3)
    expect(absent.err).toContain('There is no vm demo [NOT_FOUND]')
  })

  test('is not found by a pattern: only an equal name is its name', async () => {
    await world.done('vm', 'create', 'kept')
    for (const name of ['kep*', '*', 'ke"pt', 'kept" OR name = "kept'])
      expect(await cli('vm', 'delete', name)).toMatchObject({ code: 3, out: '' })
    expect((await cli('vm', 'get', 'kept')).code).toBe(0)
  })
})

describe('wrong input', () => {
  test('is listed whole, with exit code 2', async () => {
    const wrong = await cli('vm', 'create', 'Wrong_name', '--memory', '1', '--vcpus', '1000')
    expect(wrong.code).toBe(2)
    for (const field of ['/name', '/memoryMiB', '/vcpus'])
      expect(wrong.err).toContain(`body ${field}`)
  })

  test.each([
    [['vm', 'crate'], 'did you mean `create`?', 'npx novacron vm --help'],
    [['vms'], 'did you mean `vm`?', 'npx novacron --help'],
    [['vm', 'create'], 'Expected argument for name', 'npx novacron vm create --help'],
    [
      ['vm', 'create', 'a', '--memory', 'much'],
      'give a size like',
      'npx novacron vm create --help',
    ],
    [['vm', 'list', '--fliter', 'x'], 'did you mean --filter?', 'npx novacron vm list --help'],
    [['key', 'create', 'a', '--role', 'root'], 'viewer|auditor|operator|admin', '--help'],
  ])('%j is answered with what was meant', async (args, meant, see) => {
    const wrong = await cli(...args)
    expect(wrong).toMatchObject({ code: 2, out: '' })
    expect(wrong.err).toContain(meant)
    expect(wrong.err).toContain(see)
  })

  test('in a filter names its position', async () => {
    const wrong = await cli('vm', 'list', '--filter', 'size = 3')
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('[FILTER_INVALID]')
  })
})

describe('hosts, operations and tenants', () => {
  test('a host is listed with what it has left, and shown', async () => {
    const list = await cli('host', 'list')
    expect(list.out).toMatch(/^simulated-1 +ready +here +\d+\/64 /m)
    const id = (await cli('host', 'list', '-o', 'name')).out.trim()
    expect((await cli('host', 'get', id)).out).toMatch(/^hypervisor +simulated/m)
  })

  test('a join token is shown once, or kept in a file that only its user can read', async () => {
    const shown = await cli('host', 'token', 'create')
    expect(shown.out).toMatch(/^secret +nvj_/m)
    const saved = await cli('host', 'token', 'create', '--save', 'join.token')
    expect(saved.out).not.toContain('nvj_')
    expect(statSync(join(world.folder, 'join.token')).mode & 0o777).toBe(0o600)
    const again = await cli('host', 'token', 'create', '--save', 'join.token')
    expect(again.code).toBe(2)
    expect(again.err).toContain('[FILE_NOT_WRITABLE]')
  })

  test('an operation is listed, shown, and watched to its end', async () => {
    const list = await cli('operation', 'list', '--filter', 'kind = vm.create', '-o', 'name')
    const id = lines(list.out)[0]!
    expect(id).toMatch(/^op-/)
    expect((await cli('operation', 'get', id)).out).toMatch(/^state +succeeded$/m)
    const watched = await cli('operation', 'watch', id, '-o', 'json')
    expect(watched.code).toBe(0)
    expect(json(watched.out)).toMatchObject({ id, state: 'succeeded' })
  })

  test('a tenant comes with its first admin key, which sees nothing of others', async () => {
    const made = await cli('tenant', 'create', 'acme', '--save', 'acme.key', '-o', 'json')
    expect(made.code).toBe(0)
    expect(made.out).not.toContain('nvc_')
    expect((await cli('tenant', 'list')).out).toMatch(/^tenant-\w+ +acme /m)
    const vms = await cli('vm', 'list', '--key-file', 'acme.key')
    expect(vms.err).toContain('There are no VMs yet.')
    expect((await cli('vm', 'get', 'kept', '--key-file', 'acme.key')).code).toBe(3)
    expect((await cli('host', 'list', '--key-file', 'acme.key')).code).toBe(5)
  })
})

describe('keys', () => {
  test('a key is made, used within its role, and revoked', async () => {
    const made = await cli(
      'key',
      'create',
      'ci',
      '--role',
      'viewer',
      '--expires-in',
      '1h',
      '-o',
      'json',
    )
    const { id, secret } = json<{ id: string; secret: string }>(made.out)
    const env = { NOVACRON_API_KEY: secret }
    expect((await world.start(['vm', 'list', '-o', 'name'], env).ended).code).toBe(0)
    const forbidden = await world.start(['vm', 'create', 'no'], env).ended
    expect(forbidden.code).toBe(5)
    expect(forbidden.err).toContain('[FORBIDDEN]')
    expect((await cli('key', 'list')).out).toMatch(
      new RegExp(`^${id} +ci +viewer +all +valid +in `, 'm'),
    )
    expect((await cli('key', 'revoke', id)).out).toMatch(/^state +revoked$/m)
    const revoked = await world.start(['vm', 'list'], env).ended
    expect(revoked.code).toBe(4)
    expect(revoked.err).toContain('[KEY_REVOKED]')
    expect(revoked.err).not.toContain(secret)
  })

  test('a key in a file is readable by its user only, and works', async () => {
    const made = await cli(
      'key',
      'create',
      '--role',
      'operator',
      '--scope',
      'vms:read',
      '--save',
      'ci.key',
    )
    expect(made.code).toBe(0)
    const file = join(world.folder, 'ci.key')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(made.out + made.err).not.toContain(readFileSync(file, 'utf8').trim())
    expect((await cli('vm', 'list', '--key-file', 'ci.key')).code).toBe(0)
    expect((await cli('operation', 'list', '--key-file', 'ci.key')).code).toBe(5)
  })

  test('nonsense as a key is not sent, and not repeated', async () => {
    const env = { NOVACRON_API_KEY: 'two words' }
    const refused = await world.start(['vm', 'list'], env).ended
    expect(refused.code).toBe(4)
    expect(refused.err).toContain('[CREDENTIAL_UNREADABLE]')
    expect(refused.err).not.toContain('two words')
  })

  test('the key of a data directory is sent to no other address', async () => {
    const elsewhere = await cli('vm', 'list', '--url', 'http://127.0.0.1:9')
    expect(elsewhere.code).toBe(4)
    expect(elsewhere.err).toContain('is not sent to http://127.0.0.1:9')
  })
})

describe('events', () => {
  test('are printed for people and one JSON object per line for programs, without a gap', async () => {
    const all = await cli('event', 'tail', '--after', '0', '--once', '-o', 'json')
    expect(all.code).toBe(0)
    const events = lines(all.out).map((line) => json<{ sequence: string; type: string }>(line))
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, i) => i + 1))
    expect(events.map(({ type }) => type)).toContain('dev.novacron.vm.running.v1')
    const last = await cli('event', 'tail', '--once', '--last', '3')
    expect(lines(last.out)).toHaveLength(3)
    expect(last.out).toMatch(/^ +\d+ {2}\d{4}-\d\d-\d\dT\S+ {2}\w+\.\w+ +/)
  })

  test('are followed as they happen until Ctrl-C, which says where to go on', async () => {
    const before = await cli('event', 'tail', '--once', '--last', '1', '-o', 'json')
    const { sequence } = json<{ sequence: string }>(before.out)
    const tail = world.start(['event', 'tail', '--after', `${Number(sequence)}`, '--json'])
    await world.done('vm', 'create', 'watched')
    await tail.says('"type":"dev.novacron.vm.running.v1"')
    tail.child.kill('SIGINT')
    const { code, out, err } = await tail.ended
    expect(code).toBe(130)
    const after = json<{ sequence: string }>(lines(out).at(-1)!).sequence
    expect(err).toBe(
      `Stopped after event ${Number(after)}. Go on from there: npx novacron event tail --after ${Number(after)}\n`,
    )
  })
})

describe('letting go', () => {
  test('Ctrl-C detaches from an operation, which goes on without it', async () => {
    await world.takeHostAway()
    const create = world.start(['vm', 'create', 'patient'])
    await create.says('creating on the host')
    create.child.kill('SIGINT')
    const { code, out, err } = await create.ended
    expect({ code, out }).toEqual({ code: 130, out: '' })
    const told =
      /^Detached; (op-\w+) continues\. Look again: npx novacron operation watch \1$/m.exec(err)
    expect(told).not.toBeNull()
    const watch = world.start(['operation', 'watch', told![1]!])
    await watch.says('creating on the host')
    await world.bringHostBack()
    expect((await watch.ended).code).toBe(0)
    expect((await cli('vm', 'get', 'patient')).out).toMatch(/^state +running$/m)
  })

  test('--timeout ends the waiting with exit code 8, not the operation', async () => {
    await world.takeHostAway()
    const create = await cli('vm', 'create', 'later', '--timeout', '1s')
    expect(create).toMatchObject({ code: 8, out: '' })
    const told =
      /^(op-\w+) is not over after 1\.0 s\. Look again: npx novacron operation watch \1$/m
    const id = told.exec(create.err)?.[1]
    expect(id).toBeDefined()
    await world.bringHostBack()
    expect((await cli('operation', 'watch', id!)).code).toBe(0)
  })

  test('--no-wait only begins, and says how to follow', async () => {
    const begun = await cli('vm', 'delete', 'later', '--no-wait', '-o', 'json')
    expect(begun.code).toBe(0)
    const { id } = json<{ id: string }>(begun.out)
    expect(begun.err).toContain(`npx novacron operation watch ${id}`)
    expect((await cli('operation', 'watch', id)).code).toBe(0)
  })
})
