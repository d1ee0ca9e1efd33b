/** What `npm start` was doing goes on at the next one, however the last one ended. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { newId, newSecret } from '../../core/ids.ts'
import { writeCredential } from '../../core/api-key.ts'
import type { Operation, Vm } from '../../core/contract/resources.ts'
import { dataFormat } from '../../local/data-directory.ts'
import { ask, isRunning, temporaryHome } from './started.ts'

const running = 'NovaCron is running'
const vm = (name: string) => ({ name, vcpus: 1, memoryMiB: 64 })
interface Hosts {
  items: { id: string; state: string }[]
}

test('Ctrl-C stops it, and the next start goes on with the same VMs on the same hosts', async () => {
  await using at = temporaryHome()
  const first = at.start()
  await first.said(running)
  const made = await ask<Operation>(at.home, 'POST', '/v1/vms?wait=25', vm('kept'))
  expect(made.body).toMatchObject({ state: 'succeeded' })
  const hosts = await ask<Hosts>(at.home, 'GET', '/v1/hosts')
  first.signal('SIGINT')
  const { code, stdout, stderr } = await first.ended
  expect(code).toBe(0)
  expect(stdout).toContain('npx novacron vm create demo')
  expect(stderr).toContain('control plane stopped')
  expect(isRunning(at.home)).toBe(false)

  const second = at.start('--hosts', '1')
  await second.said(running)
  const kept = await ask<Vm>(at.home, 'GET', made.body.target)
  expect(kept.body).toMatchObject({ name: 'kept', state: 'running' })
  const again = await ask<Hosts>(at.home, 'GET', '/v1/hosts')
  expect(again.body.items.map(({ id }) => id)).toEqual(hosts.body.items.map(({ id }) => id))
  const gone = await ask<Operation>(at.home, 'DELETE', `${made.body.target}?wait=25`)
  expect(gone.body).toMatchObject({ state: 'succeeded' })
})

test('killed in the middle of creating VMs, the next start ends every operation it had accepted', async () => {
  await using at = temporaryHome()
  const first = at.start()
  await first.said(running)
  const accepted: string[] = []
  const asking = Array.from({ length: 12 }, async (_, number) => {
    const { status, body } = await ask<Operation>(at.home, 'POST', '/v1/vms', vm(`vm-${number}`))
    if (status === 202) accepted.push(body.id)
    if (accepted.length === 6) first.signal('SIGKILL')
  })
  await Promise.allSettled(asking)
  await first.ended
  expect(isRunning(at.home)).toBe(true)
  expect(accepted.length).toBeGreaterThanOrEqual(6)

  const second = at.start()
  await second.said(running)
  for (const id of accepted) {
    const { body } = await ask<Operation>(at.home, 'GET', `/v1/operations/${id}?wait=25`)
    expect(body).toMatchObject({ state: 'succeeded', error: null })
    expect((await ask<Vm>(at.home, 'GET', body.target)).body).toMatchObject({ state: 'running' })
  }
  second.signal('SIGTERM')
  expect(await second.ended).toMatchObject({ code: 0 })
})

test('killed again and again while it starts for the first time, it starts in the end', async () => {
  await using at = temporaryHome()
  for (const text of ['program loaded', 'control plane on', 'simulated hosts']) {
    const started = at.start('--once', '--json')
    await started.said(text)
    started.signal('SIGKILL')
    await started.ended
  }
  const { code, result } = await at.start('--once', '--json').ended
  expect({ code, result }).toMatchObject({ code: 0, result: { ok: true, hosts: 3 } })
})

test('killed between writing the first admin key and making it, the next start makes that key', async () => {
  await using at = temporaryHome()
  mkdirSync(at.home, { mode: 0o700 })
  writeFileSync(at.file('format.json'), JSON.stringify({ format: dataFormat }))
  const credential = writeCredential(newId('key', 1), newSecret())
  writeFileSync(at.file('admin.key'), `${credential}\n`, { mode: 0o600 })
  await at.start('--hosts', '0').said(running)
  const { status, body } = await ask(at.home, 'GET', '/v1/principal')
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { tenantId: 'tenant-0', role: 'admin' },
  })
})

test('one Ctrl-C that arrives twice is one wish', async () => {
  await using at = temporaryHome()
  const started = at.start('--hosts', '0')
  await started.said(running)
  started.signal('SIGINT')
  started.signal('SIGINT')
  expect(await started.ended).toMatchObject({ code: 0 })
})

test('a second Ctrl-C does not wait for what is under way', async () => {
  await using at = temporaryHome()
  const started = at.start('--hosts', '0')
  await started.said(running)
  const polling = ask(at.home, 'GET', '/v1/events?wait=25').catch(() => 'cut off')
  await ask(at.home, 'GET', '/v1/principal')
  started.signal('SIGINT')
  await started.said('once more to stop at once')
  await systemClock.sleep(400)
  started.signal('SIGINT')
  expect(await started.ended).toMatchObject({ code: 130 })
  expect(await polling).toBe('cut off')
  await at.start('--hosts', '0').said(running)
})
