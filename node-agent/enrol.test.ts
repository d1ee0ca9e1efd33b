import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWorld } from './agent-under-test.ts'
import { Failure } from '../core/contract/failures.ts'

test('an enrolment whose answer was lost is the same host when it is asked for again', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  let lost = false
  cloud.trouble = ({ path }) => {
    if (path !== '/agent/v1/enrol-host' || lost) return undefined
    lost = true
    return 'lose the answer'
  }
  const { hostId } = await world.start(hypervisor)
  expect(cloud.enrolled).toEqual([hostId])
})

test('an enrolled host needs no token, and is the same host after a restart', async () => {
  await using world = await openWorld()
  const { cloud, directory } = world
  const hypervisor = await world.hypervisor()
  const first = await world.start(hypervisor)
  await world.close(first)
  const second = await world.start(hypervisor, { joinToken: undefined })
  await world.close(second)
  await rm(join(directory, 'enrolment.json'))
  const third = await world.start(hypervisor, { joinToken: undefined })
  expect([second.hostId, third.hostId]).toEqual([first.hostId, first.hostId])
  expect(cloud.enrolled).toHaveLength(1)
})

test.each([['used by another host'], [undefined]])(
  'token %o: it says so by name',
  async (joinToken) => {
    await using world = await openWorld()
    await expect(world.start(await world.hypervisor(), { joinToken })).rejects.toMatchObject({
      code: 'NOT_ENROLLED',
    })
  },
)

test('a request that the control plane does not believe ends the start by name', async () => {
  await using world = await openWorld()
  world.cloud.trouble = () => new Failure('HOST_SIGNATURE_INVALID')
  const started = world.start(await world.hypervisor())
  await expect(started).rejects.toThrow('HOST_SIGNATURE_INVALID')
})

test('a start that waits for the control plane can be called off', async () => {
  await using world = await openWorld()
  const stop = new AbortController()
  const reason = new Error('never mind')
  world.cloud.trouble = () => 'lose the request'
  const started = world.start(await world.hypervisor(), { signal: stop.signal })
  started.catch(() => {})
  await world.cloud.until(() => world.heard('not enrolled yet').length > 0)
  stop.abort(reason)
  await expect(started).rejects.toBe(reason)
})

test('the join token is kept nowhere', async () => {
  await using world = await openWorld()
  const { directory } = world
  world.cloud.joinTokens.add('secret-token')
  await world.close(await world.start(await world.hypervisor(), { joinToken: 'secret-token' }))
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    expect(await readFile(join(entry.parentPath, entry.name), 'latin1')).not.toContain(
      'secret-token',
    )
  }
  expect(JSON.stringify(world.said)).not.toContain('secret-token')
})

test.each([
  ['others can read', (path: string) => chmod(path, 0o644)],
  ['is damaged', (path: string) => writeFile(path, '-----BEGIN PRIVATE KEY-----\nAAAA')],
])('a key that %s is refused by name, and never replaced', async (_, spoil) => {
  await using world = await openWorld()
  const hypervisor = await world.hypervisor()
  await world.close(await world.start(hypervisor))
  const path = join(world.directory, 'agent.key')
  await spoil(path)
  const before = await readFile(path, 'utf8')
  await expect(world.start(hypervisor)).rejects.toMatchObject({ code: 'KEY_UNREADABLE' })
  expect(await readFile(path, 'utf8')).toBe(before)
})
