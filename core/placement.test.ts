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
  lastSeenAt: '2026-11-20T08:00:00.000Z',
  ...change,
})
const wanted = { vcpus: 2, memoryMiB: 1024 }
const choice = { now: Date.parse('2026-11-20T08:00:30Z'), tell: 'hosts' } as const

test('the host with the most memory left is chosen, the first by name among equals', () => {
  expect(chooseHost([host('a', 4096), host('b', 8192)], wanted, choice)).toBe('b')
  expect(chooseHost([host('b', 4096), host('a', 4096)], wanted, choice)).toBe('a')
  const loaded = host('b', 8192, { allocated: { vcpus: 1, memoryMiB: 6000 } })
  expect(chooseHost([host('a', 4096), loaded], wanted, choice)).toBe('a')
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
      chooseHost(hosts, wanted, { ...choice, tried: { mute: 'did not answer' } })
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
  expect(() => chooseHost([], wanted, choice)).toThrow('there is no host yet')
})

test('a host that has not been heard for a minute is chosen only where no other fits', () => {
  const silent = host('silent', 8192, { lastSeenAt: '2026-11-20T07:58:00.000Z' })
  expect(chooseHost([silent, host('small', 2048)], wanted, choice)).toBe('small')
  expect(chooseHost([silent, host('tiny', 512)], wanted, choice)).toBe('silent')
})

test('a tenant is told how many hosts cannot, and none of their names', () => {
  const hosts = [
    host('small', 512),
    host('away', 8192, { state: 'maintenance' }),
    host('mute', 8192),
  ]
  const told = { ...choice, tell: 'counts', tried: { mute: 'did not answer' } } as const
  expect(() => chooseHost(hosts, wanted, told)).toThrow(
    'of 3 hosts 1 have too little left, 1 are not ready, 1 were tried in vain',
  )
})
