/**
 * Writes a command into the host's mailbox and rings; the state machine waits for the report. The command's id follows
 * from execution, state and host, so a repeated step finds its own command: it hands over the new task token, or
 * settles the step at once if the host has reported meanwhile.
 */
import { Command, type CommandArguments, type CommandKind } from '../../core/contract/command.ts'
import type { Phase } from '../../core/operation.ts'
import { Failure } from '../../core/contract/failures.ts'
import type { Vm } from '../../core/contract/resources.ts'
import { findCommand, isSettled, postCommand, replaceCommand } from '../aws/commands.ts'
import { ringHost } from '../aws/doorbell.ts'
import { step, type Work } from '../aws/step.ts'
import { untilCommitted } from '../aws/table.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'
import { stepFailed, stepSucceeded } from '../aws/workflows.ts'

interface Payload {
  work: Work
  command: CommandKind
  hostId: string
  state: string
  taskToken: string
  heartbeatSeconds: number
}

/** What each command says, from the VM it is about. */
const argumentsOf: { [K in CommandKind]: (vm: Vm) => CommandArguments<K> } = {
  'create-vm': ({ name, vcpus, memoryMiB }) => ({ name, vcpus, memoryMiB }),
  'delete-vm': () => ({}),
}
const phaseOf: Record<CommandKind, Phase> = {
  'create-vm': 'creating on the host',
  'delete-vm': 'deleting on the host',
}

const hand = async (payload: Payload, at: string): Promise<void> => {
  const { work, hostId, state, taskToken, command: kind } = payload
  const id = `${work.operationId}.${state}.${hostId}`
  const known = await findCommand(id)
  if (known && isSettled(known)) {
    const { reason } = known
    if (known.state === 'done') await stepSucceeded(taskToken, { hostId })
    else await stepFailed(taskToken, 'COMMAND_FAILED', reason ?? known.state)
    return
  }
  if (known) return replaceCommand(known, { taskToken })
  const vm = await loadVm(work.tenantId, work.vmId)
  const ownership = await findOwnership(work.vmId)
  if (ownership?.hostId !== hostId || ownership.phase !== 'OWNED')
    throw new Failure('GENERATION_STALE', undefined, { current: ownership?.generation ?? 0 })
  const command = Command.parse({
    id,
    kind,
    vmId: vm.id,
    generation: ownership.generation,
    issuedAt: at,
    heartbeatSeconds: payload.heartbeatSeconds,
    traceparent: work.traceparent,
    arguments: argumentsOf[kind](vm),
  })
  const { operationId, tenantId } = work
  const record = { command, hostId, tenantId, operationId, taskToken }
  const posted = await postCommand({ ...record, state: 'open', reason: null, version: 1 })
  if (!posted) return hand(payload, at)
}

export const handler = async (payload: Payload) => {
  const run = step(phaseOf[payload.command], async (given: Payload, { at }) => {
    await untilCommitted(() => hand(given, at))
    await ringHost(given.hostId)
    return { sent: true }
  })
  return run(payload)
}
