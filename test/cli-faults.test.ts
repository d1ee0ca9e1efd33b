/** What the CLI does when the network, the gateway or the API does not do its part. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startProxy, type Asked, type Deed, type Proxy } from './cli/proxy.ts'
import { startCli, startWorld, type World } from './cli/world.ts'

let world: World
let key: string
let proxy: Proxy | undefined
beforeAll(async () => {
  world = await startWorld()
  await world.bringHostBack()
  key = readFileSync(world.cloud.adminKeyFile, 'utf8').trim()
})
afterEach(async () => {
  await proxy?.close()
  proxy = undefined
})
afterAll(() => world.close())

/** Runs a command through a proxy that does one deed after another, and then passes everything. */
const through = async (deeds: Deed[], matching: (asked: Asked) => boolean, ...args: string[]) => {
  proxy = await startProxy(world.cloud.url, (asked) => (matching(asked) && deeds.shift()) || 'pass')
  return world.start([...args, '--url', proxy.url], { NOVACRON_API_KEY: key }).ended
}
const changes = ({ method }: Asked) => method !== 'GET'
const anything = () => true
const lines = (text: string) => text.trimEnd().split('\n')

describe('a lost answer', () => {
  test.each<[string, Deed[]]>([
    ['whose request never arrived', ['refuse', 'refuse']],
    ['whose request took effect', ['lose', 'lose']],
    ['behind a gateway that was down for a moment', [{ status: 502, body: '<html>' }, 'lose']],
  ])('%s is asked for again under the same key: one VM', async (what, deeds) => {
    const name = `once-${what.length}`
    const made = await through([...deeds], changes, 'vm', 'create', name)
    expect(made.code).toBe(0)
    const sent = proxy!.asked.filter(changes).map(({ headers }) => headers['idempotency-key'])
    expect(sent).toHaveLength(3)
    expect(new Set(sent).size).toBe(1)
    const list = await world.cli('vm', 'list', '--filter', `name = ${name}`, '-o', 'name')
    expect(lines(list.out)).toHaveLength(1)
  })

  test('that held a secret is not passed off as success', async () => {
    const made = await through(['lose'], changes, 'key', 'create', 'lost', '--role', 'viewer')
    expect(made).toMatchObject({ code: 1, out: '' })
    expect(made.err).toContain('[SECRET_LOST]')
    expect(made.err).toMatch(/^ {4}npx novacron key revoke key-\w+$/m)
  })
})

describe('an API that asks to wait', () => {
  const busy = (seconds: number): Deed => ({
    status: 429,
    headers: { 'content-type': 'application/problem+json', 'retry-after': String(seconds) },
    body: JSON.stringify({
      type: '/v1/failures/RATE_LIMITED',
      title: 'This key has used its requests of this minute',
      status: 429,
      detail: '',
      code: 'RATE_LIMITED',
      params: {},
      fix: [{ text: 'Wait' }],
      retryable: true,
    }),
  })

  test('is waited for, and the person told', async () => {
    const list = await through([busy(1)], anything, 'vm', 'list', '-o', 'json')
    expect(list.code).toBe(0)
    expect(list.err).toContain('trying again in 1.0 s')
  })

  test('is not waited for beyond reason', async () => {
    const list = await through([busy(3600)], anything, 'vm', 'list')
    expect(list).toMatchObject({ code: 7, out: '' })
    expect(list.err).toContain('[RATE_LIMITED]')
    expect(proxy!.asked).toHaveLength(1)
  })
})

describe('an API that is not there', () => {
  test('because it was stopped, is to be started', async () => {
    const home = join(world.folder, 'stopped', '.novacron')
    const nothing = await startCli(world.folder, ['vm', 'list', '--home', home]).ended
    expect(nothing.code).toBe(7)
    expect(nothing.err).toMatch(/\[API_UNREACHABLE\][^]*^ {4}npm start$/m)
  })

  test('because something else answers, is told apart', async () => {
    const page: Deed = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }
    const list = await through([page], anything, 'vm', 'list')
    expect(list.code).toBe(7)
    expect(list.err).toContain('[API_ANSWER_UNREADABLE]')
    expect(list.err).toContain(`curl -i ${proxy!.url}/v1`)
  })

  test('for a while, is waited for by whoever follows an operation', async () => {
    const made = await through(
      ['refuse', 'refuse', 'refuse', 'lose', 'refuse'],
      ({ path }) => path.startsWith('/v1/operations/'),
      'vm',
      'create',
      'followed',
    )
    expect(made.code).toBe(0)
    expect(made.err).toContain('The API does not answer; trying again in')
  })
})

test('events are neither lost nor repeated over broken connections', async () => {
  let count = 0
  const deeds: Deed[] = ['pass', 'lose', 'refuse', 'pass', 'lose']
  proxy = await startProxy(world.cloud.url, () => deeds[count++ % deeds.length]!)
  const env = { NOVACRON_API_KEY: key }
  const tail = world.start(['event', 'tail', '--after', '0', '-o', 'json', '--url', proxy.url], env)
  await tail.says('"sequence":"000000000003"')
  await world.done('vm', 'create', 'seen')
  await world.done('vm', 'delete', 'seen')
  const all = await world.cli('event', 'tail', '--after', '0', '--once', '-o', 'json')
  const kept = lines(all.out)
  const { id } = JSON.parse(kept.at(-1)!) as { id: string }
  await tail.says(`"id":"${id}"`)
  tail.child.kill('SIGINT')
  const { code, out } = await tail.ended
  expect(code).toBe(130)
  expect(lines(out).slice(0, kept.length)).toEqual(kept)
  expect(count).toBeGreaterThan(deeds.length)
})

test('a reader that goes away ends the CLI without a word', async () => {
  const tail = world.start(['event', 'tail', '--after', '0'])
  tail.child.stdout.destroy()
  await world.done('vm', 'create', 'unread')
  expect(await tail.ended).toMatchObject({ code: 0, err: '' })
})

test('an address or a key file that is damaged is named', async () => {
  const wrong = await world.cli('vm', 'list', '--url', 'not an address')
  expect(wrong.code).toBe(2)
  expect(wrong.err).toContain('[ADDRESS_INVALID]')
  const file = join(world.folder, 'it is.key')
  writeFileSync(file, '\u0000\u0001')
  const binary = await world.cli('vm', 'list', '--key-file', file)
  expect(binary.code).toBe(4)
  rmSync(file)
  const gone = await world.cli('vm', 'list', '--key-file', file)
  expect(gone.err).toContain(`ls -l '${file}'`)
})
