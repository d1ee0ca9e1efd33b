/**
 * kill -9 at random moments, start-up included, while users work; NOVACRON_CRASHES says how often. Afterwards every
 * answer that was given holds, nothing is half there, and everything that began has ended as its definition says.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import type { Event } from '../../core/contract/event.ts'
import type { Operation, Vm } from '../../core/contract/resources.ts'
import { resourceOf, type Item } from '../../functions/aws/items.ts'
import { chance, seed } from '../seed.ts'
import { nothingYet, settled, User, type Acknowledged } from './load.ts'
import { readRemains, type Remains } from './remains.ts'
import { System } from './system.ts'

const crashes = Number(process.env.NOVACRON_CRASHES ?? 5)
/** Many are shared out over two systems at once: one waits for its start while the other works. */
const systems = crashes >= 20 ? 2 : 1
const each = Math.ceil(crashes / systems)

interface Outcome {
  acknowledged: Acknowledged
  remains: Remains
  isSettled: boolean
  startedAgain: number
}

const started = async (system: System) => {
  if (!(await system.start())) throw new Error(`It did not start:\n${system.said}`)
}

/** Kills a working system so often; some of its starts do not even get ready before they are killed. */
const crashOften = async (home: string): Promise<Outcome> => {
  const acknowledged = nothingYet()
  const system = await System.at(home)
  await started(system)
  const over = new AbortController()
  const names = ['a', 'b', 'c', 'd']
  const users = names.map((name) => new User(system, acknowledged, name, over.signal).work())
  let startedAgain = 0
  for (let crash = 0; crash < each; crash++) {
    await systemClock.sleep(chance() * 900)
    await system.kill()
    const ready = started(system)
    if (chance() < 0.3) {
      ready.catch(() => {})
      continue
    }
    await ready
    startedAgain++
    // However slow the machine is: somebody got an answer before it is killed again.
    for (const before = acknowledged.answers; acknowledged.answers === before;)
      await systemClock.sleep(20)
  }
  over.abort()
  await Promise.all(users)
  await system.kill()
  await started(system)
  const isSettled = await settled(system)
  await system.stop()
  return { acknowledged, remains: await readRemains(home), isSettled, startedAgain }
}

const homes = Array.from({ length: systems }, () => mkdtempSync(join(tmpdir(), 'novacron-crash-')))
const outcomes: Outcome[] = []

beforeAll(
  async () => void outcomes.push(...(await Promise.all(homes.map(crashOften)))),
  600_000 + crashes * 10_000,
)

afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })))

describe.each(homes.map((_, system) => ({ system })))(
  `after ${each} times kill -9 under load (seed ${seed})`,
  ({ system }) => {
    let { acknowledged, remains, isSettled, startedAgain } = {} as Outcome
    beforeAll(
      () => ({ acknowledged, remains, isSettled, startedAgain } = outcomes[system]!) && undefined,
    )
    const ofKind = <T>(is: Item['is']) =>
      remains.items.filter((item) => item.is === is).map(resourceOf<T>)
    const vms = () => ofKind<Vm>('vm')
    const operations = () => ofKind<Operation>('operation')
    const wasDeleted = (vmId: string) =>
      operations().some(({ kind, target }) => kind === 'vm.delete' && target.endsWith(vmId))

    test('there was load, and answers were lost and asked for again', () => {
      expect(acknowledged.answers).toBeGreaterThanOrEqual(startedAgain)
      expect(acknowledged.created.size).toBeGreaterThan(0)
      expect(acknowledged.deleted.size).toBeGreaterThan(0)
      expect(acknowledged.resent).toBeGreaterThan(0)
      expect(startedAgain).toBeGreaterThan(0)
    })

    test('nobody was ever answered a bug', () => expect(acknowledged.bugs).toEqual([]))

    test('everything under way came to an end', () => expect(isSettled).toBe(true))

    test('no acknowledged create is missing, and each made one VM', () => {
      const byId = new Map(operations().map((operation) => [operation.id, operation]))
      for (const [name, { vmId, operationId }] of acknowledged.created) {
        expect(byId.get(operationId), name).toMatchObject({
          kind: 'vm.create',
          target: `/v1/vms/${vmId}`,
        })
        const begun = operations().filter(
          ({ kind, target }) => kind === 'vm.create' && target.endsWith(vmId),
        )
        expect(begun, name).toHaveLength(1)
        const stands = vms().some(({ id }) => id === vmId)
        expect(stands || acknowledged.deleted.has(vmId) || wasDeleted(vmId), name).toBe(true)
      }
    })

    test('no two VMs share a name', () => {
      const names = vms().map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
    })

    test('no acknowledged label is missing', () => {
      const allowed = (label: string | undefined) => (label === 'a' ? ['a', 'b'] : [label])
      const missing = vms().filter(({ id, labels }) => {
        const label = acknowledged.labelled.get(id)
        return label !== undefined && !allowed(label).includes(labels.label)
      })
      expect(missing).toEqual([])
    })

    test('what was acknowledged as going is gone', () => {
      for (const [vmId, { operationId }] of acknowledged.deleted) {
        const operation = operations().find(({ id }) => id === operationId)
        expect(operation, vmId).toMatchObject({ state: 'succeeded' })
        expect(vms().some(({ id }) => id === vmId)).toBe(false)
      }
    })

    test('no transaction is half there: VM, name, operation and ownership agree', () => {
      const names = remains.items.filter(({ pk }) => pk.endsWith('#VM-NAME'))
      expect(names.map(({ sk, vmId }) => [sk, vmId]).toSorted()).toEqual(
        vms()
          .map(({ name, id }) => [name, id])
          .toSorted(),
      )
      for (const operation of operations()) expect(operation.state, operation.id).toBe('succeeded')
      for (const vm of vms()) expect(vm.state, vm.id).toBe('running')
    })

    test('what is reserved on each host is what its VMs need', () => {
      const owned = ofKind<{
        vmId: string
        hostId: string
        phase: string
        reserved: object | null
      }>('ownership')
      const expected = new Map<string, number>()
      for (const { hostId, phase, reserved } of owned) {
        expect(reserved !== null).toBe(phase === 'OWNED')
        if (phase === 'OWNED') expected.set(hostId, (expected.get(hostId) ?? 0) + 1)
      }
      for (const load of remains.items.filter(({ pk }) => pk === 'HOST-LOADS'))
        expect(load.vcpus, load.sk).toBe(expected.get(load.sk) ?? 0)
    })

    test('every VM runs on exactly the host that owns it, and nothing else runs anywhere', () => {
      const expected = vms().map(({ id, hostId }) => `${hostId} ${id}`)
      const found = [...remains.onHosts].flatMap(([hostId, ids]) =>
        ids.map((id) => `${hostId} ${id}`),
      )
      expect(found.toSorted()).toEqual(expected.toSorted())
    })

    test('every operation has one execution, which ended as its definition says', () => {
      const byName = remains.executions.map(({ name, status }) => `${name} ${status}`)
      expect(byName.toSorted()).toEqual(
        operations()
          .map(({ id }) => `${id} SUCCEEDED`)
          .toSorted(),
      )
    })

    test('no command waits in a mailbox, and nothing waits to be started', () => {
      expect(remains.items.filter(({ pk }) => pk.startsWith('MAILBOX#'))).toEqual([])
      expect(remains.items.filter(({ gsi1pk }) => gsi1pk === 'UNSTARTED')).toEqual([])
    })

    test('the event log has no gap and tells every end once', () => {
      const events = remains.items
        .filter(({ pk }) => pk.endsWith('#EVENT'))
        .map(({ event }) => event as Event)
        .toSorted((a, b) => (a.sequence < b.sequence ? -1 : 1))
      expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_, n) => n + 1))
      const ends = events.filter(({ type }) => type === 'dev.novacron.operation.succeeded.v1')
      expect(ends.map(({ data }) => data.id).toSorted()).toEqual(
        operations()
          .map(({ id }) => id)
          .toSorted(),
      )
    })
  },
)
