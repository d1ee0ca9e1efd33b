import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { isRunning, start, temporaryHome } from './started.ts'

const happened = {
  ok: true,
  setupMs: expect.any(Number) as number,
  readyMs: expect.any(Number) as number,
  hosts: 3,
  vm: {
    id: expect.stringMatching(/^vm-/) as string,
    name: expect.any(String) as string,
    hostId: expect.stringMatching(/^host-/) as string,
    state: 'running',
    createMs: expect.any(Number) as number,
    deleteMs: expect.any(Number) as number,
  },
}

test('npm start -- --once --json makes a VM, deletes it and says so in one line, twice in a row', async () => {
  await using at = temporaryHome()
  const first = await at.start('--once', '--json').ended
  expect(first).toMatchObject({ code: 0, result: happened })
  expect(first.stdout.trimEnd().split('\n')).toHaveLength(1)
  const second = await at.start('--once', '--json').ended
  expect(second).toMatchObject({ code: 0, result: happened })
  expect(second.stdout.trimEnd().split('\n')).toHaveLength(1)
  expect(isRunning(at.home)).toBe(false)
})

test('the first admin key is readable by its user only and told nowhere', async () => {
  await using at = temporaryHome()
  const { stdout, stderr } = await at.start('--once', '--json').ended
  const file = at.file('admin.key')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const key = readFileSync(file, 'utf8').trim()
  const secret = key.split('_').at(-1)!
  expect(secret).toMatch(/^[0-9a-f]{64}$/)
  for (const text of [stdout, stderr, readFileSync(at.file('functions.log'), 'utf8')])
    expect(text).not.toContain(secret)
  expect(readFileSync(at.file('novacron.sqlite')).includes(secret)).toBe(false)
})

describe('what cannot be done is said in one JSON line, without a stack', () => {
  test('no host fits', async () => {
    await using at = temporaryHome()
    const { code, result, stderr } = await at.start('--once', '--json', '--hosts', '0').ended
    expect(code).toBe(1)
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'VM_NOT_AS_WANTED',
        message: expect.stringContaining('NO_HOST_FITS') as string,
      },
    })
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('the data directory is in use', async () => {
    await using at = temporaryHome()
    const running = at.start()
    await running.said('NovaCron is running')
    const second = await at.start('--once', '--json').ended
    expect(second).toMatchObject({
      code: 1,
      result: { ok: false, error: { code: 'DATA_DIRECTORY_IN_USE' } },
      stderr: expect.stringContaining(`kill ${running.pid}`) as string,
    })
    expect(second.stderr).not.toMatch(/^ +at /m)
    expect(isRunning(at.home)).toBe(true)
  })

  test('the port is taken', async () => {
    await using at = temporaryHome()
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { code, result, stderr } = await at.start('--json', '--port', String(port)).ended
    taken.close()
    expect({ code, result }).toMatchObject({
      code: 1,
      result: { ok: false, error: { code: 'PORT_IN_USE' } },
    })
    expect(stderr).toContain('npm start -- --port 0')
    expect(stderr).not.toMatch(/^ +at /m)
  })

  test('it was interrupted', async () => {
    await using at = temporaryHome()
    const started = at.start('--once', '--json')
    await started.said('control plane on')
    started.signal('SIGTERM')
    expect(await started.ended).toMatchObject({
      code: 128 + 15,
      result: { ok: false, error: { code: 'INTERRUPTED' } },
    })
    expect(isRunning(at.home)).toBe(false)
  })
})

test('arguments it does not know end in the usage and 2', async () => {
  await using at = temporaryHome()
  const { code, stderr, stdout } = await start(at.home, '--twice').ended
  expect(code).toBe(2)
  expect(stderr).toContain('Usage: npm start')
  expect(stdout).toBe('')
})
