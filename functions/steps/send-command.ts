/**
 * Writes a command into the host's mailbox and rings; the state machine waits for the report. The command's id follows
 * from execution, state and host, so a repeated step finds its own command: it hands over the new task token, or
 * settles the step at once if the host has reported meanwhile. Only a later attempt's token takes the place of another.
 */
import { Command, commands, type CommandKind } from '../../core/contract/command.ts'
import { bound } from '../../core/ownership.ts'
import {
  commandIdOf,
  fenced,
  findCommand,
  isSettled,
  postCommand,
  replaceCommand,
  type CommandRecord,
} from '../aws/commands.ts'
import { ringHost } from '../aws/doorbell.ts'
import { expectUnderWay, step, type Work } from '../aws/step.ts'
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

/** The command is there already, from this attempt or another one. */
const handAgain = async (known: CommandRecord, { taskToken, attempt, hostId }: Payload) => {
  const { state, reason } = known
  if (!isSettled(known)) {
    if (known.attempt < attempt) await replaceCommand(known, { taskToken, attempt })
  } else if (state === 'done') await stepSucceeded(taskToken, { hostId })
  else await stepFailed(taskToken, 'COMMAND_FAILED', reason ?? state)
}

const hand = async (payload: Payload, at: string): Promise<void> => {
  const { work, hostId, generation, state, taskToken, attempt, command: kind } = payload
  const { operationId, tenantId } = work
  const id = commandIdOf(operationId, state, hostId)
  const known = await findCommand(id)
  if (known) {
    await handAgain(known, payload)
    return
  }
  const underWay = await expectUnderWay(work)
  const vm = await loadVm(tenantId, work.vmId)
  const ownership = bound(await findOwnership(work.vmId), hostId, generation)
  const command = Command.parse({
    id,
    kind,
    vmId: vm.id,
    generation,
    issuedAt: at,
    heartbeatSeconds: payload.heartbeatSeconds,
    traceparent: work.traceparent,
    arguments: commands[kind].say(vm),
  })
  const record = { id, command, hostId, tenantId, operationId, taskToken, attempt, version: 1 }
  const fresh = { state: 'open', reason: null, incarnation: null } as const
  await postCommand({ ...record, ...fresh }, fenced(ownership), underWay)
}

export const handler = async (payload: Payload) => {
  const run = step(commands[payload.command].phase, async (given: Payload, { at }) => {
    await untilCommitted(() => hand(given, at))
    await ringHost(given.hostId)
    return { sent: true }
  })
  return run(payload)
}
