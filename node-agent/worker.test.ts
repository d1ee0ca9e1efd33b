import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ManualClock, systemClock } from '../core/clock.ts'
import type { Command } from '../core/contract/command.ts'
import { vmsOn } from './agent-under-test.ts'
import { createCommand, deleteCommand, vmIdOf } from './fake-control-plane.ts'
import type { Hypervisor, ObservedState } from './hypervisor/hypervisor.ts'
import { openSimulated } from './hypervisor/simulated.ts'
import type { Outcome } from './journal-entry.ts'
import { journalInMemory } from './journal-storage.ts'
import { openJournal } from './journal.ts'
import type { Reports } from './reports.ts'
import { Worker } from './worker.ts'

const vmId = vmIdOf('1')

/** A host whose hypervisor can be made to break, its journal, and one worker after the other on a clock of ours. */
const openHost = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'worker-'))
  const clock = new ManualClock()
  const inner = await openSimulated({ directory, clock: systemClock, createMs: 2, deleteMs: 2 })
  const hypervisor: Hypervisor = {
    inventory: inner.inventory,
    list: (signal) => inner.list(signal),
    create: (vm, work) => inner.create(vm, work),
    delete: (vm, work) => inner.delete(vm, work),
    close: () => inner.close(),
  }
  const storage = journalInMemory()
  const told: [string, Outcome][] = []
  const said: string[] = []
  let beats = 0
  const reports: Reports = {
    accepted: async () => 'acknowledged',
    outcome: async ({ id }, outcome) => {
      told.push([id, outcome])
      return 'acknowledged'
    },
    progress: async () => void (beats += 1),
  }
  const start = async () => {
    const end = new AbortController()
    const { journal } = await openJournal(storage, { now: 0 })
    const worker = new Worker({
      journal,
      reports,
      hypervisor,
      held: new Map(),
      parallel: 1,
      clock,
      random: randomBytes,
      signal: end.signal,
      log: (_level, what) => said.push(what),
    })
    const stop = async () => {
      end.abort(new Error('the test is over'))
      await worker.settled()
      await journal.close()
    }
    onTestFinished(stop)
    worker.resume()
    return { worker, journal, stop }
  }
  onTestFinished(() => rm(directory, { recursive: true }))
  /** Lets time pass on our clock, and on the disk, until `is` holds. */
  const until = async (is: () => boolean) => {
    while (!is()) {
      await clock.advance(250)
      await systemClock.sleep(1)
    }
  }
  const outcomeOf = ({ id }: Command) => told.find(([of]) => of === id)?.[1]
  const looks = () => said.filter((what) => what.includes('looking again')).length
  const host = { directory, clock, inner, hypervisor, told, said, start, until, outcomeOf, looks }
  return { ...host, beats: () => beats, path: join(directory, `${vmId}.json`) }
}

/** Begins the VM for good and fails as only a bug does. */
const halfWay = ({ hypervisor, inner }: Awaited<ReturnType<typeof openHost>>) => {
  hypervisor.create = async (vm, work) => {
    const cut = new AbortController()
    const progress = () => cut.abort()
    await inner.create(vm, { ...work, signal: cut.signal, progress }).catch(() => {})
    expect(await vmsOn(inner)).toEqual([`${vmId} g1 starting`])
    throw new TypeError('undefined is not a function')
  }
}

test('what a bug left half-made is removed before the command is said to have failed', async () => {
  const host = await openHost()
  halfWay(host)
  const create = createCommand(vmId)
  const { worker } = await host.start()
  worker.receive(create)
  await host.until(() => host.told.length > 0)
  const reason = 'TypeError: undefined is not a function'
  expect(host.told).toEqual([[create.id, { kind: 'failed', reason }]])
  expect(await vmsOn(host.inner)).toEqual([])
})

test('while nothing can be removed there is no answer and no heartbeat, only another look, after a restart too', async () => {
  const host = await openHost()
  halfWay(host)
  host.hypervisor.delete = () => Promise.reject(new Error('it does not go away'))
  const create = createCommand(vmId)
  const first = await host.start()
  first.worker.receive(create)
  await host.until(() => host.looks() > 0)
  const beats = host.beats()
  await host.until(() => host.looks() > 5)
  expect(host.clock.now()).toBeGreaterThan(Date.UTC(2026, 0, 1) + create.heartbeatSeconds * 1000)
  expect(host.beats()).toBe(beats)
  expect(first.journal.find(create.id)).toMatchObject({ outcome: null })
  await first.stop()
  const again = host.looks()
  await host.start()
  await host.until(() => host.looks() > again + 1)
  expect(host.told).toEqual([])
  host.hypervisor.delete = (vm, work) => host.inner.delete(vm, work)
  await host.until(() => host.told.length > 0)
  expect(host.outcomeOf(create)).toMatchObject({ kind: 'failed' })
  expect(await vmsOn(host.inner)).toEqual([])
})

test('a removal that says it is done is not believed before the VM is off the list', async () => {
  const host = await openHost()
  halfWay(host)
  host.hypervisor.delete = async () => {}
  const create = createCommand(vmId)
  const { worker } = await host.start()
  worker.receive(create)
  await host.until(() => host.looks() > 2)
  expect(host.told).toEqual([])
})

test('a host whose VMs cannot be listed attests nothing, and one that does not answer is not waited for', async () => {
  const host = await openHost()
  const { list } = host.hypervisor
  host.hypervisor.create = () => Promise.reject(new Error('no'))
  host.hypervisor.list = (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  const create = createCommand(vmId)
  const { worker } = await host.start()
  worker.receive(create)
  await host.until(() => host.looks() > 1)
  host.hypervisor.list = () => Promise.reject(new Error('not now'))
  await host.until(() => host.looks() > 3)
  expect(host.told).toEqual([])
  host.hypervisor.list = list
  await host.until(() => host.told.length > 0)
  expect(host.outcomeOf(create)).toEqual({ kind: 'failed', reason: 'Error: no' })
})

test('a host that looks again and again leaves room for other VMs meanwhile', async () => {
  const host = await openHost()
  host.hypervisor.create = async (vm, work) => {
    if (vm.vmId === vmId) throw new Error('no')
    return host.inner.create(vm, work)
  }
  const { list } = host.hypervisor
  host.hypervisor.list = () => Promise.reject(new Error('not now'))
  const [stuck, other] = [createCommand(vmId), createCommand(vmIdOf('2'))]
  const { worker } = await host.start()
  worker.receive(stuck)
  await host.until(() => host.looks() > 0)
  worker.receive(other)
  await host.until(() => host.told.length > 0)
  expect(host.told).toEqual([[other.id, { kind: 'done' }]])
  host.hypervisor.list = list
  await host.until(() => host.told.length > 1)
})

test('a create that failed and whose VM runs all the same has happened', async () => {
  const host = await openHost()
  host.hypervisor.create = async (vm, work) => {
    await host.inner.create(vm, work)
    throw new Error('the answer was lost')
  }
  const create = createCommand(vmId)
  const { worker } = await host.start()
  worker.receive(create)
  await host.until(() => host.told.length > 0)
  expect(host.outcomeOf(create)).toEqual({ kind: 'done' })
  expect(await vmsOn(host.inner)).toEqual([`${vmId} g1 running`])
})

test.each<ObservedState>(['paused', 'stopped', 'crashed'])(
  'a %s VM was not left half-way by a create: it is neither removed nor denied',
  async (state) => {
    const host = await openHost()
    const shape = { name: 'a', vcpus: 1, memoryMiB: 1 }
    host.hypervisor.list = async () => [{ vmId, generation: 1, shape, state }]
    host.hypervisor.create = () => Promise.reject(new Error('no'))
    let removals = 0
    host.hypervisor.delete = async () => void (removals += 1)
    const { worker } = await host.start()
    worker.receive(createCommand(vmId))
    await host.until(() => host.looks() > 2)
    expect([removals, host.told]).toEqual([0, []])
  },
)

test('a create under another generation than the one that is here is never said to have left nothing', async () => {
  const host = await openHost()
  const [older, stale, newer] = [2, 1, 3].map((generation) => createCommand(vmId, generation)) as [
    Command,
    Command,
    Command,
  ]
  const { worker, journal } = await host.start()
  worker.receive(older)
  await host.until(() => host.told.length > 0)
  worker.receive(stale)
  await host.until(() => host.said.includes('command held'))
  worker.receive(newer)
  await host.until(() => host.looks() > 2)
  expect(host.told).toEqual([[older.id, { kind: 'done' }]])
  expect(journal.find(stale.id)).toBeUndefined()
  expect(await vmsOn(host.inner)).toEqual([`${vmId} g2 running`])
})

test('a refused create answers once its VM is gone', async () => {
  const host = await openHost()
  const [create, remove, late] = [createCommand(vmId), deleteCommand(vmId), createCommand(vmId)]
  const { worker } = await host.start()
  for (const command of [create, remove, late]) {
    worker.receive(command)
    await host.until(() => host.outcomeOf(command) !== undefined)
  }
  const reason = expect.stringContaining('VM_GONE')
  expect(host.outcomeOf(late)).toEqual({ kind: 'failed', reason })
})

test('a state that cannot be written is answered when it can be again, and by nothing before', async () => {
  const host = await openHost()
  host.hypervisor.create = (vm, work) =>
    host.inner.create(vm, {
      ...work,
      progress: ({ percent }) => {
        if (percent !== 50) return
        rmSync(host.path)
        mkdirSync(host.path)
      },
    })
  const create = createCommand(vmId)
  const { worker } = await host.start()
  worker.receive(create)
  await host.until(() => host.looks() > 2)
  expect(host.told).toEqual([])
  expect(await vmsOn(host.inner)).toEqual([`${vmId} g1 starting`])
  await rm(host.path, { recursive: true })
  await host.until(() => host.told.length > 0)
  const reason = expect.stringContaining('STATE_UNWRITABLE')
  expect(host.outcomeOf(create)).toEqual({ kind: 'failed', reason })
  expect(await vmsOn(host.inner)).toEqual([])
})

test('a create that was overtaken by a delete has not happened, whatever can be seen afterwards', async () => {
  const host = await openHost()
  const { list } = host.hypervisor
  host.hypervisor.create = async (vm, work) => {
    await host.inner.create(vm, work)
    throw new Error('the answer was lost')
  }
  host.hypervisor.list = () => Promise.reject(new Error('not now'))
  host.hypervisor.delete = async () => {}
  const [create, remove] = [createCommand(vmId), deleteCommand(vmId)]
  const { worker } = await host.start()
  worker.receive(create)
  await host.until(() => host.looks() > 0)
  worker.receive(remove)
  await host.until(() => host.told.length > 0)
  host.hypervisor.list = list
  const looks = host.looks()
  await host.until(() => host.looks() > looks + 1)
  expect(host.outcomeOf(create)).toBeUndefined()
  await host.inner.delete(create, { signal: new AbortController().signal, progress: () => {} })
  await host.until(() => host.told.length > 1)
  expect(host.outcomeOf(create)).toMatchObject({ kind: 'failed' })
})
