/**
 * Writes a command into the host's mailbox and rings; the state machine waits for the report. The command's id follows
 * from execution, state and host, so a repeated step finds its own command: it hands over the new task token, or
 * settles the step at once if the host has reported meanwhile. Only a later attempt's token takes the place of another.
 */
import { Command, type CommandArguments, type CommandKind } from '../../core/contract/command.ts'
import { fence } from '../../core/ownership.ts'
import type { Phase } from '../../core/operation.ts'
import type { Vm } from '../../core/contract/resources.ts'
import { findCommand, isSettled, postCommand, replaceCommand } from '../aws/commands.ts'
import { ringHost } from '../aws/doorbell.ts'
import { step, type Work } from '../aws/step.ts'
import { untilCommitted } from '../aws/commit.ts'
import { findOwnership, loadVm } from '../aws/vms.ts'
import { stepFailed, stepSucceeded } from '../aws/workflows.ts'

interface Payload {
  work: Work
  command: CommandKind
  hostId: string
  generation: number
  state: string
  taskToken: string
  /** How often the step was tried before. */
  attempt: number
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
  const { work, hostId, generation, state, taskToken, attempt, command: kind } = payload
  const id = `${work.operationId}.${state}.${hostId}`
  const known = await findCommand(id)
  if (known && isSettled(known)) {
    const { reason } = known
    if (known.state === 'done') await stepSucceeded(taskToken, { hostId })
    else await stepFailed(taskToken, 'COMMAND_FAILED', reason ?? known.state)
    return
  }
  if (known)
    return known.attempt < attempt ? replaceCommand(known, { taskToken, attempt }) : undefined
  const vm = await loadVm(work.tenantId, work.vmId)
  fence(await findOwnership(work.vmId), hostId, generation)
  const command = Command.parse({
    id,
    kind,
    vmId: vm.id,
    generation,
    issuedAt: at,
    heartbeatSeconds: payload.heartbeatSeconds,
    traceparent: work.traceparent,
    arguments: argumentsOf[kind](vm),
  })
  const { operationId, tenantId } = work
  const record = { id, command, hostId, tenantId, operationId, taskToken, attempt }
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
