import { afterAll, describe, expect, test } from 'vitest'
import { commit, Lost } from '../../functions/aws/commit.ts'
import { fenced, findCommand, settleCommand } from '../../functions/aws/commands.ts'
import { expectUnderWay, type Work } from '../../functions/aws/step.ts'
import { findOwnership } from '../../functions/aws/vms.ts'
import type { Fault } from './fault.ts'
import { Theatre, type Scene } from './scene.ts'
import type { Script } from './scripts.ts'
import { commandsIn, loadsIn, mailIn, vmsIn } from './stored.ts'

const theatre = new Theatre()
afterAll(() => theatre.close())

const named = (code: string) => expect.objectContaining({ name: code }) as Error

/** A machine that has come so far, on a host that behaves so; and what its steps are told. */
const begun = async (machine: 'create-vm' | 'delete-vm', script: Script, fault?: Fault) => {
  const scene = await theatre.open(machine)
  scene.cast(script)
  if (fault) scene.stage.faults.push(fault)
  const { id: operationId, tenantId, target } = await scene.begin(machine)
  await scene.stage.pass(10_000)
  const vmId = target.slice('/v1/vms/'.length)
  const work: Work = {
    operationId,
    tenantId,
    vmId,
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  }
  const hostId = scene.hosts[0]!.being.id
  const state = machine === 'create-vm' ? 'CreateOnHost' : 'DeleteOnHost'
  const run = (step: string, more: object = {}) =>
    scene.stage.run(`steps/${step}`, { work, hostId, generation: 1, state, ...more })
  return { scene, work, run, vmId, hostId, commandId: `${operationId}.${state}.${hostId}` }
}

/** Everything about who may run what, as it is stored. */
const bonds = ({ stage }: Scene) => {
  const items = stage.stored()
  return [vmsIn(items), loadsIn(items).map(({ vcpus }) => vcpus), commandsIn(items), mailIn(items)]
}

describe('a reservation is given back', () => {
  test.each<Script>(['is silent', 'takes it and is silent', 'goes silent half-way', 'does it'])(
    'by nobody’s word while the host %s',
    async (script) => {
      const { scene, run, vmId } = await begun('create-vm', script)
      const before = bonds(scene)
      await expect(run('release-host')).rejects.toThrow(named('ATTESTATION_MISSING'))
      expect(scene.stage.ownerOf(vmId)).toMatchObject({ phase: 'OWNED', attestedBy: null })
      expect(bonds(scene)).toEqual(before)
      await scene.stage.close()
    },
  )

  test('by the command that the host says has failed, which R remembers', async () => {
    const { scene, vmId, commandId } = await begun('create-vm', 'refuses it')
    expect(scene.stage.ownerOf(vmId)).toMatchObject({
      phase: 'RELEASED',
      attestedBy: { commandId, outcome: 'failed' },
    })
    await scene.stage.close()
  })

  test('where no command was posted, together with its withdrawal: one that is late finds it', async () => {
    const hangs: Fault = { state: 'CreateOnHost', does: 'hang', times: Infinity }
    const { scene, run, vmId, commandId } = await begun('create-vm', 'is silent', hangs)
    expect(commandsIn(scene.stage.stored())).toEqual([])
    await expect(run('release-host')).resolves.toEqual({ released: true })
    const attestedBy = { commandId, outcome: 'withdrawn' }
    expect(scene.stage.ownerOf(vmId)).toMatchObject({ phase: 'RELEASED', attestedBy })
    await run('send-command', {
      command: 'create-vm',
      taskToken: 'none',
      attempt: 0,
      heartbeatSeconds: 20,
    })
    expect(commandsIn(scene.stage.stored())).toEqual([])
    expect(mailIn(scene.stage.stored())).toEqual([])
    await scene.stage.close()
  })
})

describe('a VM is forgotten', () => {
  test.each<Script>(['is silent', 'takes it and is silent', 'goes silent half-way'])(
    'by nobody’s word while its host %s',
    async (script) => {
      const { scene, run, vmId } = await begun('delete-vm', script)
      const before = bonds(scene)
      await expect(run('finish-delete-vm')).rejects.toThrow(named('ATTESTATION_MISSING'))
      expect(scene.stage.ownerOf(vmId)?.phase).toBe('OWNED')
      expect(bonds(scene)).toEqual(before)
      await scene.stage.close()
    },
  )

  test.each([{ generation: 0 }, { generation: 2 }, { hostId: 'host-0' }, { hostId: null }])(
    'not for a deletion of %j, when R says otherwise',
    async (other) => {
      const { scene, run, vmId } = await begun('delete-vm', 'takes it and is silent')
      const before = bonds(scene)
      await expect(run('finish-delete-vm', other)).rejects.toThrow(named('GENERATION_STALE'))
      expect(scene.stage.ownerOf(vmId)?.phase).toBe('OWNED')
      expect(bonds(scene)).toEqual(before)
      await scene.stage.close()
    },
  )

  test('by the command that its host has carried out, which the tombstone names', async () => {
    const { scene, vmId, hostId, commandId } = await begun('delete-vm', 'does it')
    expect(scene.stage.ownerOf(vmId)).toMatchObject({
      phase: 'DELETED',
      hostId,
      generation: 1,
      attestedBy: { commandId, outcome: 'done' },
    })
    await scene.stage.close()
  })
})

describe('for an operation that is over', () => {
  const command = { command: 'create-vm', taskToken: 'none', attempt: 0, heartbeatSeconds: 20 }

  test.each([
    ['choose-host', { excluding: {} }],
    ['reserve-host', { generation: 2 }],
    ['send-command', { ...command, state: 'AnotherState' }],
  ])('%s begins nothing', async (step, more) => {
    const { scene, run } = await begun('create-vm', 'refuses it')
    const before = scene.stage.stored()
    await expect(run(step, more)).rejects.toThrow(named('OPERATION_OVER'))
    expect(scene.stage.stored()).toEqual(before)
    await scene.stage.close()
  })

  test('also when it ends between the look and the write', async () => {
    const { scene, work, run } = await begun('create-vm', 'is silent')
    const underWay = await expectUnderWay(work)
    await commit([underWay])
    await run('fail-operation', { failure: { Error: 'CONFLICT' } })
    await expect(commit([underWay])).rejects.toThrow(Lost)
    await expect(expectUnderWay(work)).rejects.toThrow(named('OPERATION_OVER'))
    await scene.stage.close()
  })

  test('what was begun can still be undone', async () => {
    const { scene, vmId, run } = await begun('create-vm', 'is silent')
    await run('fail-operation', { failure: { Error: 'CONFLICT' } })
    await run('withdraw-command', { failure: { Error: 'CONFLICT' } })
    await expect(run('release-host')).resolves.toEqual({ released: true })
    expect(scene.stage.ownerOf(vmId)?.phase).toBe('RELEASED')
    await scene.stage.close()
  })
})

test('a report that was held against an R which has changed since decides nothing', async () => {
  const { scene, vmId, commandId } = await begun('create-vm', 'takes it and is silent')
  const [owner, record] = [(await findOwnership(vmId))!, (await findCommand(commandId))!]
  const old = fenced({ ...owner, version: owner.version - 1 })
  const settlement = { state: 'done', incarnation: 'journal-1' } as const
  await expect(settleCommand(record, settlement, 0, old)).rejects.toThrow(Lost)
  expect(await findCommand(commandId)).toEqual(record)
  await settleCommand(record, settlement, 0, fenced(owner))
  expect((await findCommand(commandId))?.state).toBe('done')
  await scene.stage.close()
})
