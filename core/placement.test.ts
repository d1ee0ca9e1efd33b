import { expect, test } from 'vitest'
import type { Failure } from './contract/failures.ts'
import { chooseHost, type Candidate } from './placement.ts'

const host = (id: string, memoryMiB: number, change: Partial<Candidate> = {}): Candidate => ({
  id,
  name: id,
  state: 'ready',
  inventory: {
    vcpus: 8,
    memoryMiB,
    hypervisor: 'simulated',
    hypervisorVersion: '1',
    agentVersion: '1',
  },
  allocated: { vcpus: 0, memoryMiB: 0 },
  ...change,
})
const wanted = { vcpus: 2, memoryMiB: 1024 }

test('the host with the most memory left is chosen, the first by name among equals', () => {
  expect(chooseHost([host('a', 4096), host('b', 8192)], wanted)).toBe('b')
  expect(chooseHost([host('b', 4096), host('a', 4096)], wanted)).toBe('a')
  const loaded = host('b', 8192, { allocated: { vcpus: 1, memoryMiB: 6000 } })
  expect(chooseHost([host('a', 4096), loaded], wanted)).toBe('a')
})

test('when none fits, the failure says of every host why', () => {
  const hosts = [
    host('small', 512),
    host('busy', 8192, { allocated: { vcpus: 7, memoryMiB: 0 } }),
    host('away', 8192, { state: 'maintenance' }),
    host('mute', 8192),
  ]
  const refusal = (() => {
    try {
      chooseHost(hosts, wanted, { mute: 'did not answer' })
    } catch (error) {
      return error as Failure
    }
    return undefined
  })()
  expect(refusal?.code).toBe('NO_HOST_FITS')
  expect(refusal?.message).toContain('small has 8 vcpus and 512 MiB left')
  expect(refusal?.message).toContain('busy has 1 vcpus')
  expect(refusal?.message).toContain('away is maintenance')
  expect(refusal?.message).toContain('mute did not answer')
})

test('an empty fleet is told as such', () => {
  expect(() => chooseHost([], wanted)).toThrow('there is no host yet')
})
