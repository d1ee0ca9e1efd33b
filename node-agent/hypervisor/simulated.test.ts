import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import type { Progress } from './hypervisor.ts'
import { openSimulated, type Fault } from './simulated.ts'

const vm = { vmId: 'vm-0001', generation: 1, shape: { name: 'a', vcpus: 1, memoryMiB: 64 } }

/** Creates the VM on a clock that is moved until the end; how long that took and what was told on the way. */
const create = async (seed: number, fault?: Fault) => {
  const clock = new ManualClock(0)
  const faults = new Map(fault && [['a', fault]])
  const hypervisor = await openSimulated({ clock, createMs: 1000, seed, faults })
  const seen: Progress[] = []
  const controller = new AbortController()
  const { signal } = controller
  const ended = new AbortController()
  const made = hypervisor
    .create(vm, { signal, progress: (progress) => seen.push(progress) })
    .finally(() => ended.abort())
  made.catch(() => {})
  for (let step = 0; !ended.signal.aborted && step < 400; step += 1) await clock.advance(5)
  return { hypervisor, made, controller, seen, took: clock.now(), over: ended.signal.aborted }
}

test('a start takes about as long as it says at the beginning', async () => {
  const { made, seen, took } = await create(7)
  expect(await made).toMatchObject({ state: 'running' })
  expect(Math.abs(took - seen[0]!.etaMs!)).toBeLessThan(60)
})

test('the same seed takes the same time, another seed another', async () => {
  const took = async (seed: number) => (await create(seed)).seen.map(({ etaMs }) => etaMs)
  expect(await took(3)).toEqual(await took(3))
  expect(await took(3)).not.toEqual(await took(4))
})

test.each([
  ['fail', 'START_FAILED'],
  ['die', 'VM_DIED'],
] as const)('a VM told to %s does, and leaves nothing', async (fault, code) => {
  const { made, hypervisor, controller } = await create(1, fault)
  await expect(made).rejects.toMatchObject({ code })
  expect(await hypervisor.list(controller.signal)).toEqual([])
})

test('a VM told to hang makes no headway until it is given up, and says that it cannot tell', async () => {
  const { made, over, seen, controller } = await create(1, 'hang')
  expect(over).toBe(false)
  expect(seen.at(-1)).toEqual({ percent: 50, etaMs: null })
  const reason = new Error('given up')
  controller.abort(reason)
  await expect(made).rejects.toBe(reason)
})

test('a damaged record is refused by name, and never read as "no VM"', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'simulated-'))
  await writeFile(join(directory, 'vm-0001.json'), '{"vmId":"vm-0001"')
  await expect(openSimulated({ directory, clock: new ManualClock() })).rejects.toMatchObject({
    code: 'STATE_UNREADABLE',
  })
  await rm(directory, { recursive: true })
})
