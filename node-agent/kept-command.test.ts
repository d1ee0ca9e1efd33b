import { expect, test } from 'vitest'
import { openWorld, vmsOn } from './agent-under-test.ts'
import { createCommand, vmIdOf } from './fake-control-plane.ts'
import { journalInMemory } from './journal-storage.ts'
import { openJournal } from './journal.ts'
import { keep, understand, type KeptCommand } from './kept-command.ts'

const command = createCommand(vmIdOf('1'))
const kept = keep(command)

test('a command that was kept is the command', () => {
  expect(understand(kept)).toEqual(command)
  expect(understand({ ...kept, deadline: 'of another version' })).toEqual(command)
})

const others: [string, KeptCommand][] = [
  ['a kind this version does not know', { ...kept, kind: 'snapshot-vm', arguments: {} }],
  ['fewer arguments than are needed today', { ...kept, arguments: { name: 'a' } }],
  [
    'arguments that this version would ignore',
    { ...kept, arguments: { ...command.arguments, x: 1 } },
  ],
  ['a later format', { ...kept, format: 2 }],
]

test.each(others)('a command with %s is not guessed at', (_, other) => {
  expect(understand(other)).toHaveProperty('unclear')
})

test.each(others)(
  'with %s in its journal an agent starts, holds it and goes on',
  async (_, other) => {
    await using world = await openWorld()
    const { cloud } = world
    const storage = journalInMemory()
    const { journal } = await openJournal(storage, { now: 0 })
    await journal.record({ entry: 'accepted', command: other })
    await journal.close()
    const hypervisor = await world.hypervisor()
    await world.start(hypervisor, { journal: storage, pollMs: 10 })
    const next = createCommand(vmIdOf('2'))
    cloud.send(next)
    await cloud.settled(next.id)
    expect(world.heard('command held')).toMatchObject([{ command: command.id, kind: other.kind }])
    expect(cloud.reportsOn(command.id)).toEqual([])
    expect(await vmsOn(hypervisor)).toEqual([`${next.vmId} g1 running`])
  },
)

test('the outcome of a command of another version is told all the same', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const storage = journalInMemory()
  const { journal } = await openJournal(storage, { now: 0 })
  const other = { ...kept, kind: 'snapshot-vm', arguments: null }
  await journal.record({ entry: 'accepted', command: other })
  const outcome = { kind: 'done' as const }
  await journal.record({ entry: 'finished', commandId: other.id, outcome, gone: false })
  await journal.close()
  await world.start(await world.hypervisor(), { journal: storage })
  await cloud.until(() => cloud.reportsOn(other.id).length > 0)
  expect(cloud.reportsOn(other.id)).toMatchObject([outcome])
})
