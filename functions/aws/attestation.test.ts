import { expect, test } from 'vitest'
import type { Command } from '../../core/contract/command.ts'
import { attest } from './attestation.ts'
import type { CommandRecord, CommandState } from './commands.ts'

const about = { vmId: 'vm-1', hostId: 'host-1', generation: 3 }
const record = (state: CommandState, change: Partial<CommandRecord> = {}): CommandRecord => ({
  id: 'op-1.CreateOnHost.host-1',
  command: { kind: 'create-vm', vmId: 'vm-1', generation: 3 } as Command,
  hostId: 'host-1',
  tenantId: 'tenant-1',
  operationId: 'op-1',
  state,
  reason: null,
  incarnation: null,
  taskToken: 'token',
  attempt: 0,
  version: 7,
  ...change,
})
const missing = expect.objectContaining({ code: 'ATTESTATION_MISSING' }) as Error

test('what attests is the command and what became of it, on the version it was read at', () => {
  expect(attest(record('failed'), about, ['failed', 'withdrawn'])).toEqual({
    attestedBy: { commandId: 'op-1.CreateOnHost.host-1', outcome: 'failed' },
    evidence: { expect: { pk: 'COMMAND#op-1.CreateOnHost.host-1', sk: 'COMMAND' }, was: 7 },
  })
})

test.each<CommandState>(['open', 'taken', 'done'])(
  'a command that is %s attests no release',
  (state) => {
    expect(() => attest(record(state), about, ['failed', 'withdrawn'])).toThrow(missing)
  },
)

test.each<CommandState>(['open', 'taken', 'failed', 'withdrawn'])(
  'a command that is %s attests no end',
  (state) => {
    expect(() => attest(record(state), about, ['done'])).toThrow(missing)
  },
)

test('no command attests nothing', () => {
  expect(() => attest(undefined, about, ['failed', 'withdrawn'])).toThrow(missing)
})

test.each([{ vmId: 'vm-2' }, { hostId: 'host-2' }, { generation: 2 }, { generation: 4 }])(
  'a command attests nothing about %j, which it was not for',
  (other) => {
    expect(() => attest(record('failed'), { ...about, ...other }, ['failed'])).toThrow(missing)
  },
)
