/**
 * An agent dies at every point where it touches the world: before and after each line of its journal, each step of its
 * hypervisor, each request and each answer. Its successor finds the same disk, the same VMs, the same control plane.
 */
import { expect, test } from 'vitest'
import { openWorld, vmsOn, type World } from './agent-under-test.ts'
import type { Agent } from './agent.ts'
import { createCommand, deleteCommand, vmIdOf } from './fake-control-plane.ts'
import type { Hypervisor, VmCopy, VmShape, Work } from './hypervisor/hypervisor.ts'
import { journalInMemory, type JournalStorage } from './journal-storage.ts'

/** Burns down with every effect; whatever comes after the end does not happen. */
class Fuse {
  readonly #end = new AbortController()
  #left: number

  constructor(points: number) {
    this.#left = points
  }

  get blown() {
    return this.#end.signal.aborted
  }

  get signal() {
    return this.#end.signal
  }

  /** True when this was the end, or it had come before. */
  burn() {
    if (!this.blown && this.#left === 0) this.#end.abort(new Error('the agent is dead'))
    this.#left -= 1
    return this.blown
  }

  async around<T>(run: () => Promise<T>): Promise<T> {
    if (this.burn()) throw this.signal.reason
    const result = await run()
    if (this.burn()) throw this.signal.reason
    return result
  }
}

const mortalStorage = (storage: JournalStorage, fuse: Fuse): JournalStorage => ({
  ...storage,
  append: (text) => fuse.around(() => storage.append(text)),
  replace: (text) => fuse.around(() => storage.replace(text)),
})

/** Counts how often each VM was made from nothing. */
const mortalHypervisor = (inner: Hypervisor, fuse: Fuse, made: Map<string, number>): Hypervisor => {
  const mortal = (work: Work): Work => ({
    signal: AbortSignal.any([work.signal, fuse.signal]),
    progress: (progress) => {
      fuse.burn()
      work.progress(progress)
    },
  })
  return {
    inventory: inner.inventory,
    list: (signal) => inner.list(signal),
    create: (vm: VmCopy & { shape: VmShape }, work) =>
      fuse.around(async () => {
        const there = await inner.list(work.signal)
        const anew = there.every(({ vmId }) => vmId !== vm.vmId)
        if (anew) made.set(vm.vmId, (made.get(vm.vmId) ?? 0) + 1)
        return inner.create(vm, mortal(work))
      }),
    delete: (vm, work) => fuse.around(() => inner.delete(vm, mortal(work))),
    close: () => inner.close(),
  }
}

const [kept, deleted] = [vmIdOf('1'), vmIdOf('2')]
const creates = [createCommand(kept), createCommand(deleted)]
const createIds = creates.map(({ id }) => id)
const remove = deleteCommand(deleted)

/** What a control plane does: two creates, and a delete once they are settled. */
const drive = async ({ cloud }: World, isOver: () => boolean) => {
  const settled = (...ids: string[]) => ids.every((id) => cloud.outcomeOf(id))
  if (!settled(...createIds)) cloud.send(...creates.filter(({ id }) => !settled(id)))
  await cloud.until(() => isOver() || settled(...createIds))
  if (isOver()) return
  if (!settled(remove.id)) cloud.send(remove)
  await cloud.until(() => isOver() || settled(remove.id))
}

/** Lets an agent die after so many points and another go on; false when it had finished before. */
const dieAfter = async (points: number) => {
  await using world = await openWorld()
  const { cloud } = world
  const fuse = new Fuse(points)
  const made = new Map<string, number>()
  const hypervisor = await world.hypervisor({ createMs: 2, deleteMs: 2 })
  const storage = journalInMemory()
  cloud.trouble = () => {
    if (fuse.burn()) return 'lose the request'
    return fuse.burn() ? 'lose the answer' : undefined
  }
  const start = (until: Fuse): Promise<Agent> =>
    world.start(mortalHypervisor(hypervisor, until, made), {
      journal: mortalStorage(storage, until),
      signal: until.signal,
      pollMs: 5,
    })
  const first = await start(fuse).catch(() => undefined)
  if (first) {
    await drive(world, () => fuse.blown)
    await world.close(first)
  }
  cloud.trouble = () => undefined
  const died = fuse.blown
  await start(new Fuse(Number.MAX_SAFE_INTEGER))
  await drive(world, () => false)
  const outcomes = [...createIds, remove.id].map((id) => [
    ...new Set(cloud.reportsOn(id, 'done', 'failed').map(({ kind }) => kind)),
  ])
  return { died, outcomes, vms: await vmsOn(hypervisor), made: Object.fromEntries(made) }
}

test(
  'wherever an agent dies, each command has one effect and each outcome is told',
  { timeout: 120_000 },
  async () => {
    let survived = false
    let points = 0
    while (!survived) {
      const batch = Array.from({ length: 8 }, (_, index) => points + index)
      const ends = await Promise.all(batch.map(dieAfter))
      for (const [index, { died, ...end }] of ends.entries()) {
        expect(end, `died after ${points + index} points`).toEqual({
          outcomes: [['done'], ['done'], ['done']],
          vms: [`${kept} g1 running`],
          made: { [kept]: 1, [deleted]: 1 },
        })
        survived ||= !died
      }
      points += batch.length
    }
    expect(points).toBeGreaterThan(60)
  },
)
