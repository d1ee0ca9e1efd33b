import { afterAll, expect, test } from 'vitest'
import type { Operation } from '../../core/contract/resources.ts'
import { violationsOf } from './oracles.ts'
import { Theatre, type Scene } from './scene.ts'
import type { Script } from './scripts.ts'
import { commandsIn, mailIn, vmsIn } from './stored.ts'

const theatre = new Theatre()
afterAll(() => theatre.close())

const begun = async (script: Script) => {
  const scene = await theatre.open('create-vm')
  scene.cast(script)
  const operation = await scene.begin('create-vm')
  await scene.stage.rest()
  return { scene, operation }
}

const deleteVm = async (scene: Scene) => {
  const vm = vmsIn(scene.stage.stored())[0]!
  const { status, body } = await scene.ask('DELETE', `/v1/vms/${vm.id}`)
  expect(status).toBe(202)
  await scene.stage.rest()
  const { id } = body as { id: string }
  expect(scene.operation(id).state).toBe('succeeded')
  expect(violationsOf(scene, id)).toEqual([])
  return vm
}

test('a host that reports done after the step gave up keeps the VM, which stays failed and can be deleted', async () => {
  const { scene, operation } = await begun('takes it, and does it after the step gave up')
  const [vm] = vmsIn(scene.stage.stored())
  expect(scene.operation(operation.id).error?.code).toBe('HOST_SILENT')
  expect(vm?.state).toBe('failed')
  expect(scene.stage.ownerOf(vm!.id)).toMatchObject({ phase: 'OWNED', generation: 1 })
  expect(scene.hosts[0]!.holds.size).toBe(1)
  scene.cast('does it')
  await deleteVm(scene)
  expect(scene.stage.ownerOf(vm!.id)?.phase).toBe('DELETED')
  expect(scene.hosts[0]!.holds.size).toBe(0)
  await scene.stage.close()
})

test('a host that died with a create in its hands does not begin it after the VM was deleted there', async () => {
  const { scene } = await begun('takes it and is silent')
  scene.cast('does it')
  await deleteVm(scene)
  const [host] = scene.hosts
  host!.loseJournal()
  await scene.heal()
  expect(scene.stage.violations).toEqual([])
  expect(host!.holds.size).toBe(0)
  expect(mailIn(scene.stage.stored())).toEqual([])
  await scene.stage.close()
})

test('a host that comes back with an old create in its hands is told that it is no longer wanted', async () => {
  const { scene } = await begun('takes it and is silent')
  scene.cast('does it')
  await deleteVm(scene)
  await scene.hosts[0]!.heal()
  expect(scene.stage.violations).toEqual([])
  const states = commandsIn(scene.stage.stored()).map(
    ({ command, state }) => `${command.kind} ${state}`,
  )
  expect(states.toSorted()).toEqual(['create-vm withdrawn', 'delete-vm done'])
  await scene.stage.close()
})

test('a journal that did not accept a create is not handed it: the VM stays its host’s, and is made by nobody', async () => {
  const scene = await theatre.open('create-vm')
  scene.cast('goes silent half-way')
  const operation = await scene.begin('create-vm')
  await scene.stage.pass(30_000)
  const [host] = scene.hosts
  host!.loseJournal()
  await host!.heal()
  expect(host!.holds.size).toBe(0)
  await scene.stage.rest()
  expect(scene.operation(operation.id).error?.code).toBe('HOST_SILENT')
  const [vm] = vmsIn(scene.stage.stored())
  expect(scene.stage.ownerOf(vm!.id)).toMatchObject({
    phase: 'OWNED',
    incarnations: { [host!.being.id]: 'journal-1' },
  })
  await host!.heal()
  expect(host!.holds.size).toBe(0)
  scene.cast('does it')
  await deleteVm(scene)
  await scene.stage.close()
})

test('a create that no journal accepted is begun by the next one', async () => {
  const scene = await theatre.open('create-vm')
  scene.cast('takes it and is silent')
  const operation = await scene.begin('create-vm')
  await scene.stage.pass(30_000)
  scene.hosts[0]!.loseJournal()
  await scene.hosts[0]!.heal()
  await scene.stage.rest()
  expect(scene.operation(operation.id).state).toBe('succeeded')
  expect(scene.hosts[0]!.holds.size).toBe(1)
  expect(violationsOf(scene, operation.id)).toEqual([])
  await scene.stage.close()
})

test('a deletion that a lost journal accepted is begun anew by the next one', async () => {
  const scene = await theatre.open('delete-vm')
  scene.cast('goes silent half-way')
  const operation = await scene.begin('delete-vm')
  await scene.stage.pass(30_000)
  const [host] = scene.hosts
  const accepted = commandsIn(scene.stage.stored()).find(
    ({ command: { kind } }) => kind === 'delete-vm',
  )
  expect(accepted).toMatchObject({ state: 'taken', incarnation: 'journal-1' })
  host!.loseJournal()
  await host!.heal()
  await scene.stage.rest()
  expect(scene.operation(operation.id).state).toBe('succeeded')
  expect(host!.holds.size).toBe(0)
  expect(violationsOf(scene, operation.id)).toEqual([])
  await scene.stage.close()
})

test('a host that was given up before it took the command finds nothing, while another runs the VM', async () => {
  const scene = await theatre.open('create-vm')
  scene.cast('is silent', 'does it')
  const operation = await scene.begin('create-vm')
  await scene.stage.rest()
  await scene.heal()
  expect(scene.hosts.map(({ holds }) => holds.size)).toEqual([0, 1, 0, 0, 0])
  expect(violationsOf(scene, operation.id)).toEqual([])
  await scene.stage.close()
})

/** Asks for that many VMs at once, lets all end, and counts those that run. */
const crowd = async (scene: Scene, count: number, memoryMiB: number) => {
  const bodies = Array.from({ length: count }, (_, index) => ({
    name: `vm-${index}`,
    vcpus: 1,
    memoryMiB,
  }))
  const answers = await Promise.all(bodies.map((body) => scene.ask('POST', '/v1/vms', body)))
  await scene.stage.rest()
  const operations = answers.map(({ body }) => scene.operation((body as Operation).id))
  for (const { id } of operations) expect(violationsOf(scene, id)).toEqual([])
  const held = scene.hosts.reduce((sum, { holds }) => sum + holds.size, 0)
  const states = vmsIn(scene.stage.stored()).map(({ state }) => state)
  expect(states.filter((state) => state === 'running').length).toBe(held)
  return { operations, held }
}

test('twenty VMs at once while the best host is silent all run, on the others', async () => {
  const scene = await theatre.open('create-vm')
  scene.cast('is silent', 'does it')
  const { held } = await crowd(scene, 20, 512)
  expect(held).toBe(20)
  expect(scene.hosts[0]!.holds.size).toBe(0)
  await scene.stage.close()
})

test('more VMs at once than the hosts can carry: they are filled, never overfilled, and the rest is told why', async () => {
  const scene = await theatre.open('create-vm')
  const { operations, held } = await crowd(scene, 20, 4096)
  const room = scene.hosts.map(({ being }) => Math.floor(being.memoryMiB / 4096))
  expect(scene.hosts.map(({ holds }) => holds.size)).toEqual(room)
  const refused = operations.filter(({ state }) => state === 'failed')
  expect(refused.length).toBe(20 - held)
  expect(new Set(refused.map(({ error }) => error?.code))).toEqual(new Set(['NO_HOST_FITS']))
  await scene.stage.close()
})
