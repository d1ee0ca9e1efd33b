import { expect, test } from 'vitest'
import { admit, heldVms } from './admission.ts'
import { createCommand, deleteCommand, vmIdOf } from './fake-control-plane.ts'

const vmId = vmIdOf('1')
const knowing = (generation: number, goneGeneration = 0) => ({
  markOf: (id: string) => (id === vmId ? { generation, goneGeneration } : undefined),
})
const none = { markOf: () => undefined }
const nobody = new Map<string, number>()
const observed = (generation: number) => ({
  vmId,
  generation,
  shape: { name: 'a', vcpus: 1, memoryMiB: 1 },
  state: 'running' as const,
})

test.each([
  ['a VM nobody knows', 'yes', createCommand(vmId, 1), none],
  ['the same generation again', 'yes', createCommand(vmId, 2), knowing(2)],
  ['a higher generation', 'yes', createCommand(vmId, 3), knowing(2)],
  ['a lower generation', 'refuse', createCommand(vmId, 1), knowing(2)],
  ['deleting under a lower generation', 'refuse', deleteCommand(vmId, 1), knowing(2)],
  ['making what was deleted', 'refuse', createCommand(vmId, 2), knowing(2, 2)],
  ['making it anew under a higher generation', 'yes', createCommand(vmId, 3), knowing(2, 2)],
  ['deleting what was deleted', 'yes', deleteCommand(vmId, 2), knowing(2, 2)],
])('%s: %s', (_, verdict, command, journal) => {
  expect(admit(command, journal, nobody).admit).toBe(verdict)
})

test('a VM is held when the journal has not accepted the generation it runs under', () => {
  expect(heldVms([observed(2)], none)).toEqual(new Map([[vmId, 2]]))
  expect(heldVms([observed(2)], knowing(1))).toEqual(new Map([[vmId, 2]]))
  expect(heldVms([observed(2)], knowing(2))).toEqual(nobody)
  expect(heldVms([observed(2)], knowing(3))).toEqual(nobody)
})

test('nothing is done to a held VM, and no command on it gets a final answer', () => {
  const held = heldVms([observed(2)], none)
  expect(admit(deleteCommand(vmId, 2), none, held).admit).toBe('hold')
  expect(admit(deleteCommand(vmId, 3), none, held).admit).toBe('hold')
  expect(admit(createCommand(vmId, 2), none, held).admit).toBe('hold')
  expect(admit(createCommand(vmIdOf('2'), 1), none, held).admit).toBe('yes')
})
