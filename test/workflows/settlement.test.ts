import { afterAll, describe, expect, test } from 'vitest'
import type { Operation } from '../../core/contract/resources.ts'
import { executionArn } from '../../local/step-functions/arns.ts'
import { machines } from './machines.ts'
import { violationsOf } from './oracles.ts'
import { findRoads, travel } from './roads.ts'
import { Theatre, type Scene } from './scene.ts'

const theatre = new Theatre()
afterAll(() => theatre.close())

const settle = ({ stage }: Scene, input: unknown, status = 'ABORTED') =>
  stage.run('triggers/settle-execution', { detail: { status, input: JSON.stringify(input) } })

const inputOf = (scene: Scene, { id }: Operation): unknown => {
  const row = scene.stage.db.prepare('SELECT input FROM sfn_execution WHERE name = ?').get(id)
  return JSON.parse(String(row?.input))
}

/** It failed by name, once: hearing of it again changes nothing. */
const expectFailedOnce = async (scene: Scene, operation: Operation, told: string) => {
  const ended = scene.operation(operation.id)
  expect(ended.state).toBe('failed')
  expect(ended.error).toMatchObject({ code: 'OPERATION_INTERRUPTED' })
  expect(ended.error?.detail).toContain(told)
  expect(violationsOf(scene, operation.id)).toEqual([])
  const input = inputOf(scene, operation)
  await scene.stage.pass(60_000)
  await Promise.all([settle(scene, input), settle(scene, input, 'FAILED')])
  expect(scene.operation(operation.id)).toEqual(ended)
  await scene.heal()
  expect(violationsOf(scene, operation.id)).toEqual([])
  await scene.stage.close()
}

for (const machine of machines) {
  const { name, tasks, definition } = machine
  const roads = await findRoads(theatre, machine)
  describe(`${name}, when it ends otherwise than it says`, () => {
    for (const { state } of tasks)
      test(`stopped by hand in ${state}, fails its operation by name, once`, async () => {
        const scene = await theatre.open(name)
        travel(scene, roads.get(state)!)
        scene.stage.faults.push({ state, times: Infinity, does: 'hang' })
        const operation = await scene.begin(name)
        await scene.stage.rest(() =>
          scene.stage.faults.some((fault) => fault.state === state && fault.suffered),
        )
        const arn = executionArn(name, operation.id)
        await scene.stage.workflows('StopExecution', {
          executionArn: arn,
          error: 'Enough',
          cause: 'by hand',
        })
        await scene.stage.rest()
        await expectFailedOnce(scene, operation, 'Enough')
      })

    test('stopped by hand while a host is at work, leaves the VM to that host', async () => {
      const scene = await theatre.open(name)
      scene.cast('takes five minutes, with heartbeats')
      const operation = await scene.begin(name)
      await scene.stage.pass(100_000)
      const arn = executionArn(name, operation.id)
      await scene.stage.workflows('StopExecution', { executionArn: arn })
      await scene.stage.rest()
      await expectFailedOnce(scene, operation, 'ABORTED')
    })

    test('running longer than it may as a whole, fails its operation by name, once', async () => {
      const brief = { ...definition, TimeoutSeconds: 30 }
      const scene = await theatre.open(name, { definitions: { [name]: brief } })
      scene.cast('takes five minutes, with heartbeats')
      const operation = await scene.begin(name)
      await scene.stage.rest()
      await expectFailedOnce(scene, operation, 'States.Timeout')
    })

    test('broken in its definition, fails its operation by name, once', async () => {
      const states = definition.States as Record<string, object>
      const first = String(definition.StartAt)
      const Output = `{% $error('broken on purpose') %}`
      const broken = { ...definition, States: { ...states, [first]: { ...states[first], Output } } }
      const scene = await theatre.open(name, { definitions: { [name]: broken } })
      const operation = await scene.begin(name)
      await scene.stage.rest()
      await expectFailedOnce(scene, operation, 'States.QueryEvaluationError')
    })

    test('heard of after its operation succeeded, changes nothing', async () => {
      const scene = await theatre.open(name)
      const operation = await scene.begin(name)
      await scene.stage.rest()
      const before = scene.stage.stored()
      await settle(scene, inputOf(scene, operation))
      expect(scene.stage.stored()).toEqual(before)
      await scene.stage.close()
    })

    test('started by hand for no operation, is nobody’s failure', async () => {
      const scene = await theatre.open(name)
      const before = scene.stage.stored()
      for (const input of [{}, null, 7, { operationId: 'op-1' }]) await settle(scene, input)
      expect(scene.stage.stored()).toEqual(before)
      await scene.stage.close()
    })
  })
}
