import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { Failure } from '../core/contract/failures.ts'
import { openWorld, vmsOn } from './agent-under-test.ts'
import { createCommand, deleteCommand, vmIdOf } from './fake-control-plane.ts'
import type { Fault } from './hypervisor/simulated.ts'

const vmId = vmIdOf('1')

test('a host enrols with a key only its user can read, and carries out what it is sent', async () => {
  await using world = await openWorld()
  const { cloud, directory } = world
  const hypervisor = await world.hypervisor()
  const agent = await world.start(hypervisor)
  expect(cloud.enrolled).toEqual([agent.hostId])
  expect((await stat(join(directory, 'agent.key'))).mode & 0o777).toBe(0o600)
  await cloud.until(() => cloud.sockets.size === 1)
  const create = createCommand(vmId)
  cloud.send(create)
  await cloud.settled(create.id)
  expect(cloud.reportsOn(create.id).map(({ kind }) => kind)).toEqual(['accepted', 'done'])
  expect(await vmsOn(hypervisor)).toEqual([`${vmId} g1 running`])
  const remove = deleteCommand(vmId)
  cloud.send(remove)
  await cloud.settled(remove.id)
  expect(cloud.outcomeOf(remove.id)).toMatchObject({ kind: 'done' })
  expect(await vmsOn(hypervisor)).toEqual([])
})

test('commands are found without any doorbell', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const create = createCommand(vmId)
  await world.start(await world.hypervisor(), { pollMs: 20, doorbellUrl: 'ws://127.0.0.1:1/' })
  await cloud.until(() => cloud.looks > 0)
  cloud.commands.set(create.id, create)
  await cloud.settled(create.id)
  expect(cloud.outcomeOf(create.id)).toMatchObject({ kind: 'done' })
})

test('the same command again has no second effect and is answered with the same report', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  await world.start(hypervisor, { pollMs: 10 })
  const create = createCommand(vmId)
  const remove = deleteCommand(vmId)
  cloud.send(create, create)
  await cloud.settled(create.id)
  cloud.send(remove)
  await cloud.settled(remove.id)
  const before = cloud.reportsOn(create.id).length
  cloud.send(create)
  await cloud.settled(create.id)
  expect(cloud.reportsOn(create.id)).toHaveLength(before + 1)
  expect(cloud.reportsOn(create.id).at(-1)).toMatchObject({ kind: 'done' })
  expect(await vmsOn(hypervisor)).toEqual([])
})

test('a VM deleted under a generation is not made again under it, even by another command', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  await world.start(hypervisor, { pollMs: 10 })
  const [first, remove, late] = [createCommand(vmId), deleteCommand(vmId), createCommand(vmId)]
  for (const command of [first, remove, late]) {
    cloud.send(command)
    await cloud.settled(command.id)
  }
  expect(cloud.outcomeOf(late.id)).toMatchObject({ kind: 'failed' })
  expect(cloud.outcomeOf(late.id)).toHaveProperty('reason', expect.stringContaining('VM_GONE'))
  expect(await vmsOn(hypervisor)).toEqual([])
})

test('what the hypervisor refuses is reported by its name and leaves nothing', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const faults = new Map<string, Fault>([['doomed', 'fail']])
  const hypervisor = await world.hypervisor({ faults })
  await world.start(hypervisor, { pollMs: 10 })
  const create = createCommand(vmId, 1, 'doomed')
  cloud.send(create)
  await cloud.settled(create.id)
  const reason = 'START_FAILED: doomed was told to fail'
  expect(cloud.outcomeOf(create.id)).toMatchObject({ kind: 'failed', reason })
  expect(await vmsOn(hypervisor)).toEqual([])
})

test.each(['GENERATION_STALE', 'INCARNATION_STALE', 'COMMAND_NOT_YOURS'] as const)(
  'nothing is begun when the control plane answers %s',
  async (code) => {
    await using world = await openWorld()
    const { cloud } = world
    const create = createCommand(vmId)
    const moved = new Failure(code, undefined, { generation: 1, current: 2 })
    cloud.trouble = ({ body }) => {
      if (body.commandId !== create.id) return undefined
      cloud.commands.delete(create.id)
      return moved
    }
    const hypervisor = await world.hypervisor()
    await world.start(hypervisor, { pollMs: 10 })
    cloud.send(create)
    await cloud.until(() => world.heard('report not wanted').length === 1 && cloud.looks > 3)
    expect(await vmsOn(hypervisor)).toEqual([])
    expect(world.heard('command finished')).toEqual([])
  },
)

test('a report whose answer was lost is told again, and the command is not done again', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  let lost = 0
  cloud.trouble = ({ path }) => {
    if (path !== '/agent/v1/report' || lost >= 4) return undefined
    lost += 1
    return lost % 2 ? 'lose the answer' : 'lose the request'
  }
  await world.start(hypervisor, { pollMs: 10 })
  const create = createCommand(vmId)
  cloud.send(create)
  await cloud.settled(create.id)
  await cloud.until(() => lost === 4)
  expect(new Set(cloud.reportsOn(create.id).map(({ kind }) => kind))).toEqual(
    new Set(['accepted', 'done']),
  )
  expect(world.heard('command finished')).toHaveLength(1)
})

test('a control plane that does not believe the signature for a while loses no report', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  await world.start(hypervisor, { pollMs: 10 })
  const create = createCommand(vmId)
  let refusals = 0
  cloud.trouble = ({ path }) => {
    if (path !== '/agent/v1/report' || refusals >= 3) return undefined
    refusals += 1
    return new Failure('HOST_SIGNATURE_INVALID')
  }
  cloud.send(create)
  await cloud.settled(create.id)
  expect(refusals).toBe(3)
  expect(cloud.reportsOn(create.id).map(({ kind }) => kind)).toEqual(['accepted', 'done'])
})

test('told to come back later, the agent comes later and not before', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const asked: number[] = []
  await world.start(await world.hypervisor(), { pollMs: 10 })
  await cloud.until(() => cloud.looks > 0 && cloud.sockets.size === 1)
  cloud.trouble = ({ path }) => {
    if (path !== '/agent/v1/take-commands') return undefined
    asked.push(systemClock.now())
    cloud.ring()
    const wait = { retryAfterSeconds: 1 }
    return asked.length === 1 ? new Failure('CLOUD_UNAVAILABLE', 'later', wait) : undefined
  }
  cloud.ring()
  await cloud.until(() => asked.length > 1)
  expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(990)
})

test('a delete does not wait for a create that hangs; both are answered', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const faults = new Map<string, Fault>([['stuck', 'hang']])
  const hypervisor = await world.hypervisor({ faults })
  await world.start(hypervisor, { pollMs: 10, parallel: 1 })
  const create = createCommand(vmId, 1, 'stuck')
  const remove = deleteCommand(vmId)
  cloud.send(create)
  await cloud.until(() => cloud.reportsOn(create.id, 'accepted').length > 0)
  cloud.send(remove)
  await cloud.settled(create.id, remove.id)
  expect(cloud.outcomeOf(remove.id)).toMatchObject({ kind: 'done' })
  expect(cloud.outcomeOf(create.id)).toHaveProperty('reason', expect.stringContaining('VM_GONE'))
  expect(await vmsOn(hypervisor)).toEqual([])
})

test('many VMs at once are all made, and what does not fit is refused by name', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor({ capacity: { vcpus: 60, memoryMiB: 262_144 } })
  await world.start(hypervisor, { pollMs: 10 })
  const creates = Array.from({ length: 100 }, (_, index) => createCommand(vmIdOf(String(index))))
  cloud.send(...creates)
  await cloud.settled(...creates.map(({ id }) => id))
  const kinds = creates.map(({ id }) => cloud.outcomeOf(id)!.kind)
  expect(kinds.filter((kind) => kind === 'done')).toHaveLength(60)
  expect(await vmsOn(hypervisor)).toHaveLength(60)
})

test('a command that is not in the contract is left alone and does not hold up the others', async () => {
  await using world = await openWorld()
  const { cloud } = world
  const hypervisor = await world.hypervisor()
  await world.start(hypervisor, { pollMs: 10 })
  const odd = { ...createCommand(vmIdOf('2')), kind: 'explode-vm' } as never
  const sly = { ...createCommand(vmIdOf('3')), vmId: '../../etc/passwd' }
  const create = createCommand(vmId)
  cloud.commands.set('odd', odd)
  cloud.send(sly, create)
  await cloud.settled(create.id)
  expect(await vmsOn(hypervisor)).toEqual([`${vmId} g1 running`])
  expect(world.heard('command not understood').length).toBeGreaterThanOrEqual(2)
})
