import { afterAll, describe, expect, test } from 'vitest'
import type { Operation } from '../../core/contract/resources.ts'
import { beginOperation } from '../../core/operation.ts'
import { unstartedItem } from '../../functions/aws/items.ts'
import { commit } from '../../functions/aws/commit.ts'
import { machineArn } from '../../local/step-functions/arns.ts'
import { machines } from './machines.ts'
import { violationsOf } from './oracles.ts'
import { Theatre, type Scene } from './scene.ts'
import type { CallFault } from './stage.ts'
import { unstartedIn } from './stored.ts'

const theatre = new Theatre()
afterAll(() => theatre.close())

const executions = ({ stage }: Scene) =>
  stage.db.prepare('SELECT name, status FROM sfn_execution ORDER BY id').all().slice(-1)
const count = ({ stage }: Scene, name: string) =>
  Number(stage.db.prepare('SELECT count(*) AS n FROM sfn_execution WHERE name = ?').get(name)?.n)

const sweep = ({ stage }: Scene) =>
  stage.run('triggers/sweep-unstarted', {}) as Promise<{ swept: number }>
const strike = ({ stage }: Scene, fault: CallFault, times = 1) =>
  stage.callFaults.push({ operation: 'StartExecution', fault, times })
const marked = ({ stage }: Scene) => unstartedIn(stage.stored()).map(({ id }) => id)

/** Begun once, ended well, and no longer looked for. */
const expectOnce = async (scene: Scene, operation: Operation) => {
  await scene.stage.rest()
  expect(marked(scene)).toEqual([])
  expect(count(scene, operation.id)).toBe(1)
  expect(scene.operation(operation.id).state).toBe('succeeded')
  expect(violationsOf(scene, operation.id)).toEqual([])
  await scene.stage.close()
}

describe.for(machines)('$name', ({ name: machine }) => {
  test('whose StartExecution was refused is started by the sweeper, once', async () => {
    const scene = await theatre.open(machine)
    strike(scene, 'refused')
    const operation = await scene.begin(machine)
    await scene.stage.settle()
    expect(operation.state).toBe('queued')
    expect(count(scene, operation.id)).toBe(0)
    await scene.stage.pass(6_000)
    expect(await sweep(scene)).toEqual({ swept: 1 })
    expect(await sweep(scene)).toEqual({ swept: 0 })
    await expectOnce(scene, operation)
  })

  test('is left to whoever asked for it during the first seconds', async () => {
    const scene = await theatre.open(machine)
    strike(scene, 'refused')
    const operation = await scene.begin(machine)
    await scene.stage.pass(4_000)
    expect(await sweep(scene)).toEqual({ swept: 0 })
    expect(marked(scene)).toEqual([operation.id])
    await scene.stage.pass(2_000)
    await sweep(scene)
    await expectOnce(scene, operation)
  })

  test('is started when the process died between the write and StartExecution', async () => {
    const scene = await theatre.open(machine)
    strike(scene, 'refused')
    const operation = await scene.begin(machine)
    await scene.stage.die()
    await scene.stage.pass(6_000)
    await sweep(scene)
    await expectOnce(scene, operation)
  })

  test('is not started again when only the answer of StartExecution was lost', async () => {
    const scene = await theatre.open(machine)
    scene.cast('takes five minutes, with heartbeats')
    strike(scene, 'answer lost')
    const operation = await scene.begin(machine)
    await scene.stage.pass(6_000)
    await sweep(scene)
    await expectOnce(scene, operation)
  })

  test('is started once by two sweepers at once and a third after its end', async () => {
    const scene = await theatre.open(machine)
    strike(scene, 'refused')
    const operation = await scene.begin(machine)
    await scene.stage.pass(6_000)
    await Promise.all([sweep(scene), sweep(scene)])
    await scene.stage.rest()
    await sweep(scene)
    await expectOnce(scene, operation)
  })

  test('is started once by a sweeper that sees an old index', async () => {
    let old = false
    const everyOther = () => Number((old = !old))
    const adversity = { random: everyOther, staleIndexReads: 0.5 }
    const scene = await theatre.open(machine, { adversity })
    strike(scene, 'refused')
    const operation = await scene.begin(machine)
    await scene.stage.pass(6_000)
    for (let again = 0; again < 6; again++) {
      await sweep(scene)
      await scene.stage.pass(1_000)
    }
    await expectOnce(scene, operation)
  })

  test('waits as long as StartExecution is refused', async () => {
    const scene = await theatre.open(machine)
    strike(scene, 'refused', 4)
    const operation = await scene.begin(machine)
    for (let minute = 0; minute < 4; minute++) {
      await scene.stage.pass(60_000)
      await sweep(scene)
    }
    await expectOnce(scene, operation)
  })

  test('does not wait behind a hundred that cannot be started', async () => {
    const scene = await theatre.open(machine)
    strike(scene, 'refused')
    const at = new Date(scene.stage.clock.now()).toISOString()
    const begun = {
      tenantId: 'tenant-1',
      kind: 'vm.create',
      target: '/',
      actor: 'x',
      traceId: 'x',
    } as const
    const hopeless = Array.from({ length: 100 }, (_, index) => `op-${1000 + index}`).map((id) => ({
      create: unstartedItem(beginOperation({ ...begun, id }, at), {
        workflow: 'no-such',
        input: {},
      }),
    }))
    await commit(hopeless)
    await scene.stage.pass(1_000)
    const operation = await scene.begin(machine)
    await scene.stage.pass(6_000)
    expect(await sweep(scene)).toEqual({ swept: 101 })
    await scene.stage.rest()
    expect(count(scene, operation.id)).toBe(1)
    expect(scene.operation(operation.id).state).toBe('succeeded')
    await scene.stage.close()
  })

  test('asked of StartExecution twice runs once, also after its end', async () => {
    const scene = await theatre.open(machine)
    scene.cast('takes five minutes, with heartbeats')
    const operation = await scene.begin(machine)
    await scene.stage.pass(10_000)
    const { input } = scene.stage.db
      .prepare('SELECT input FROM sfn_execution WHERE name = ?')
      .get(operation.id) as { input: string }
    const again = { stateMachineArn: machineArn(machine), name: operation.id, input }
    await expect(scene.stage.workflows('StartExecution', again)).resolves.toBeDefined()
    await scene.stage.rest()
    await expect(scene.stage.workflows('StartExecution', again)).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
    })
    expect(executions(scene)).toEqual([{ name: operation.id, status: 'SUCCEEDED' }])
    await expectOnce(scene, operation)
  })
})
