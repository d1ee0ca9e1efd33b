import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { entomb, fence, forgo, release, reserve, type Ownership } from './ownership.ts'

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
        else if (owner)
          owner = act === 'release' ? release(owner, 'host-a') : entomb(owner, 'host-a')
        if (!owner || !before) continue
        expect(owner.version).toBe(before.version + 1)
        expect(owner.generation).toBe(before.generation + (act === 'reserve' ? 1 : 0))
        expect(owner.reserved === null).toBe(act !== 'reserve')
      }
    }),
  )
})

test('a tombstone names the generation and who attested the end', () => {
  const gone = entomb(reserve(undefined, vm, 'host-a'), 'host-a')
  expect(gone).toMatchObject({ phase: 'DELETED', generation: 1, attestedBy: 'host-a' })
})

test('only the host and generation that R names pass the fence', () => {
  const owner = reserve(reserve(undefined, vm, 'host-a'), vm, 'host-b')
  expect(() => fence(owner, 'host-b', 2)).not.toThrow()
  for (const [host, generation] of [
    ['host-b', 1],
    ['host-b', 3],
    ['host-a', 2],
    ['host-a', 1],
  ] as const)
    expect(() => fence(owner, host, generation)).toThrow(
      expect.objectContaining({ code: 'GENERATION_STALE' }) as Error,
    )
  expect(() => fence(undefined, 'host-a', 1)).toThrow('moved on')
})

test('a host that R has let go does not pass the fence, under whatever generation', () => {
  const owner = reserve(undefined, vm, 'host-a')
  expect(() => fence(release(owner, 'host-a'), 'host-a', 1)).toThrow('moved on')
  expect(() => fence(entomb(owner, 'host-a'), 'host-a', 1)).toThrow('moved on')
})

test('a generation that was forgone binds nobody and is not used again', () => {
  const forgone = forgo(undefined, vm, 'host-a', 'it was never reserved')
  expect(forgone).toMatchObject({ generation: 1, phase: 'RELEASED', reserved: null, version: 1 })
  expect(() => fence(forgone, 'host-a', 1)).toThrow('moved on')
  expect(reserve(forgone, vm, 'host-b')).toMatchObject({ generation: 2, version: 2 })
})
