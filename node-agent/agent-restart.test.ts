import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ManualClock, systemClock } from '../core/clock.ts'
import { openWorld, vmsOn } from './agent-under-test.ts'
import { createCommand, deleteCommand, vmIdOf } from './fake-control-plane.ts'
import { openJournal } from './journal.ts'
import { journalFile, journalInMemory } from './journal-storage.ts'

const vmId = vmIdOf('1')

test('a generation below the highest accepted is refused, with the reason, also after a restart', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  const agent = await world.start(hypervisor, { pollMs: 10 })
  const create = createCommand(vmId, 3)
  cloud.send(create)
  await cloud.settled(create.id)
  await world.close(agent)
  await world.start(hypervisor, { pollMs: 10 })
  const stale = deleteCommand(vmId, 2)
  cloud.send(stale)
  await cloud.settled(stale.id)
  const reason = expect.stringContaining('GENERATION_STALE: this host has accepted generation 3')
  expect(cloud.outcomeOf(stale.id)).toMatchObject({ kind: 'failed', reason })
  expect(cloud.reportsOn(stale.id, 'accepted')).toEqual([])
  expect(await vmsOn(hypervisor)).toEqual([`${vmId} g3 running`])
})

test('outcomes the control plane could not hear are told after a restart, once it is back', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  const create = createCommand(vmId)
  cloud.trouble = ({ body }) => (body.kind === 'done' ? 'lose the request' : undefined)
  const agent = await world.start(hypervisor, { pollMs: 10 })
  cloud.send(create)
  await cloud.until(() => world.heard('report not heard, telling it again').length > 0)
  await world.close(agent)
  expect(await vmsOn(hypervisor)).toEqual([`${vmId} g1 running`])
  cloud.commands.clear()
  cloud.trouble = () => undefined
  await world.start(hypervisor)
  await cloud.settled(create.id)
  expect(cloud.outcomeOf(create.id)).toMatchObject({ kind: 'done' })
  expect(world.heard('command finished')).toHaveLength(1)
})

test('an agent starts, and finishes what it has, while the control plane is away', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor({ createMs: 200 })
  const agent = await world.start(hypervisor, { pollMs: 10 })
  const create = createCommand(vmId)
  cloud.send(create)
  await cloud.until(() => cloud.reportsOn(create.id, 'accepted').length > 0)
  await world.close(agent)
  let away = true
  cloud.trouble = () => (away ? 'lose the request' : undefined)
  await world.start(hypervisor, { pollMs: 10 })
  expect(cloud.outcomeOf(create.id)).toBeUndefined()
  away = false
  await cloud.settled(create.id)
  expect(await vmsOn(hypervisor)).toEqual([`${vmId} g1 running`])
})

test('a lost journal: what runs is held, under another incarnation, and new VMs are welcome', async () => {
  await using world = await openWorld()
  const { cloud, directory } = world
  const hypervisor = await world.hypervisor()
  const agent = await world.start(hypervisor, { pollMs: 10 })
  const create = createCommand(vmId)
  cloud.send(create)
  await cloud.settled(create.id)
  await world.close(agent)
  await rm(join(directory, 'journal.jsonl'))
  const successor = await world.start(hypervisor, { pollMs: 10 })
  expect(successor.incarnation).not.toBe(agent.incarnation)
  expect(successor.hostId).toBe(agent.hostId)
  const [remove, other] = [deleteCommand(vmId), createCommand(vmIdOf('2'))]
  // What the old journal had done may come again; neither "done" nor "nothing is left" would be ours to say.
  cloud.send(create, remove, other)
  await cloud.settled(other.id)
  await cloud.until(() => world.heard('command held').length > 1)
  const held = expect.stringContaining('HOLD')
  expect(world.heard('command held')).toMatchObject([{ reason: held }, { reason: held }])
  expect(cloud.reportsOn(remove.id)).toEqual([])
  expect(cloud.reportsOn(create.id, 'done', 'failed')).toHaveLength(1)
  expect(await vmsOn(hypervisor)).toEqual([`${vmId} g1 running`, `${vmIdOf('2')} g1 running`])
  // Still held after another restart, though a journal is there again.
  await world.close(successor)
  await world.start(hypervisor, { pollMs: 10 })
  await cloud.until(() => world.heard('command held').length > 3)
  expect(cloud.reportsOn(remove.id)).toEqual([])
})

test('a damaged journal stops the agent by name before it touches anything', async () => {
  await using world = await openWorld()
  const hypervisor = await world.hypervisor()
  await world.close(await world.start(hypervisor))
  const path = join(world.directory, 'journal.jsonl')
  await writeFile(path, (await readFile(path, 'utf8')).replace('incarnation', 'incarnatiom'))
  await expect(world.start(hypervisor)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
})

test('two agents cannot share a directory', async () => {
  await using world = await openWorld()
  const hypervisor = await world.hypervisor()
  const first = await world.start(hypervisor)
  await expect(world.start(hypervisor)).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' })
  await world.close(first)
  await world.start(hypervisor)
})

test('a journal in memory serves an agent as a file does, for as long as somebody keeps it', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  const journal = journalInMemory()
  const agent = await world.start(hypervisor, { journal, pollMs: 10 })
  const create = createCommand(vmId)
  cloud.send(create)
  await cloud.settled(create.id)
  await world.close(agent)
  const again = await world.start(hypervisor, { journal, pollMs: 10 })
  expect(again.incarnation).toBe(agent.incarnation)
  expect(world.heard('HOLD: these VMs run here and the journal that knew of them is lost')).toEqual(
    [],
  )
})

test('a finished command that was acknowledged is not told again after a restart', async () => {
  await using world = await openWorld()
  const { cloud, directory } = world
  const agent = await world.start(await world.hypervisor(), { pollMs: 10 })
  const create = createCommand(vmId)
  cloud.send(create)
  await cloud.until(() => world.heard('outcome told').length === 1)
  await world.close(agent)
  const { journal } = await openJournal(journalFile(join(directory, 'journal.jsonl')), {
    now: 0,
    random: randomBytes,
  })
  expect(journal.unsettled()).toEqual([])
  expect(journal.find(create.id)).toMatchObject({ acknowledged: true, outcome: { kind: 'done' } })
  await journal.close()
})

test('a start does not wait for ever for a hypervisor that does not answer, by the clock it was given', async () => {
  await using world = await openWorld()
  const clock = new ManualClock()
  const hypervisor = await world.hypervisor()
  hypervisor.list = (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  const over = new AbortController()
  const started = world.start(hypervisor, { clock }).finally(() => over.abort())
  started.catch(() => {})
  for (; !over.signal.aborted; await systemClock.sleep(1)) await clock.advance(1000)
  await expect(started).rejects.toThrow('no answer within 60000 ms')
})

test('a start that waits for a hypervisor can be called off', async () => {
  await using world = await openWorld()
  const hypervisor = await world.hypervisor()
  const stop = new AbortController()
  const reason = new Error('never mind')
  hypervisor.list = (signal) => {
    stop.abort(reason)
    return new Promise((_, reject) => reject(signal.reason))
  }
  await expect(world.start(hypervisor, { signal: stop.signal })).rejects.toBe(reason)
})
