import { afterAll, expect, test } from 'vitest'
import { violationsOf } from './oracles.ts'
import { Theatre, spec, type Scene } from './scene.ts'
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

test('twenty VMs at once on hosts that come and go: each runs on one host, or none, and the counts are right', async () => {
  const scene = await theatre.open('create-vm')
  scene.cast('is silent', 'does it')
  const names = Array.from({ length: 20 }, (_, index) => `vm-${index}`)
  const bodies = names.map((name) => ({ ...(spec as object), name }))
  const answers = await Promise.all(bodies.map((body) => scene.ask('POST', '/v1/vms', body)))
  await scene.stage.rest()
  for (const { body } of answers)
    expect(violationsOf(scene, (body as { id: string }).id)).toEqual([])
  const states = vmsIn(scene.stage.stored()).map(({ state }) => state)
  expect(states.filter((state) => state === 'running').length).toBe(
    scene.hosts.reduce((sum, { holds }) => sum + holds.size, 0),
  )
  await scene.stage.close()
})
