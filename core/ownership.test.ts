import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { accept, bound, entomb, forgo, release, reserve, type Ownership } from './ownership.ts'

const failed = { commandId: 'command-1', outcome: 'failed' } as const
const done = { commandId: 'command-2', outcome: 'done' } as const
const vm = { id: 'vm-1', tenantId: 'tenant-1', vcpus: 2, memoryMiB: 512 }

test('the first reservation is generation 1 and holds what the VM needs', () => {
  expect(reserve(undefined, vm, 'host-a')).toMatchObject({
    hostId: 'host-a',
    generation: 1,
    phase: 'OWNED',
    reserved: { vcpus: 2, memoryMiB: 512 },
  })
})

test('whatever happens to R, a change of ownership raises the generation and nothing lowers it', () => {
  const acts = fc.array(fc.constantFrom('reserve', 'release', 'entomb'), { maxLength: 30 })
  fc.assert(
    fc.property(acts, (sequence) => {
      let owner: Ownership | undefined
      for (const act of sequence) {
        const before = owner
        if (act === 'reserve') owner = reserve(owner, vm, 'host-a')
        else if (owner) owner = act === 'release' ? release(owner, failed) : entomb(owner, done)
        if (!owner || !before) continue
        expect(owner.version).toBe(before.version + 1)
        expect(owner.generation).toBe(before.generation + (act === 'reserve' ? 1 : 0))
        expect(owner.reserved === null).toBe(act !== 'reserve')
      }
    }),
  )
})

test('a tombstone names the generation and who attested the end', () => {
  const gone = entomb(reserve(undefined, vm, 'host-a'), done)
  expect(gone).toMatchObject({ phase: 'DELETED', generation: 1, attestedBy: done })
})

test('only the host and generation that R names pass the fence', () => {
  const owner = reserve(reserve(undefined, vm, 'host-a'), vm, 'host-b')
  expect(() => bound(owner, 'host-b', 2)).not.toThrow()
  for (const [host, generation] of [
    ['host-b', 1],
    ['host-b', 3],
    ['host-a', 2],
    ['host-a', 1],
  ] as const)
    expect(() => bound(owner, host, generation)).toThrow(
      expect.objectContaining({ code: 'GENERATION_STALE' }) as Error,
    )
  expect(() => bound(undefined, 'host-a', 1)).toThrow('moved on')
})

test('a host that R has let go does not pass the fence, under whatever generation', () => {
  const owner = reserve(undefined, vm, 'host-a')
  expect(() => bound(release(owner, failed), 'host-a', 1)).toThrow('moved on')
  expect(() => bound(entomb(owner, done), 'host-a', 1)).toThrow('moved on')
})

test('a generation that was forgone binds nobody and is not used again', () => {
  const forgone = forgo(undefined, vm, 'host-a', failed)
  expect(forgone).toMatchObject({ generation: 1, phase: 'RELEASED', reserved: null, version: 1 })
  expect(() => bound(forgone, 'host-a', 1)).toThrow('moved on')
  expect(reserve(forgone, vm, 'host-b')).toMatchObject({ generation: 2, version: 2 })
})

test('R remembers of each host which journal accepted the VM, until the next change of ownership', () => {
  const owner = accept(reserve(undefined, vm, 'host-a'), 'host-a', 'journal-1')
  expect(owner).toMatchObject({ incarnations: { 'host-a': 'journal-1' }, version: 2 })
  expect(reserve(release(owner, failed), vm, 'host-a').incarnations).toEqual({})
})
