/**
 * POST /agent/v1/report — what became of a command. The first final report decides; the same again is answered the
 * same. The waiting step is told after the table was written and told again whenever the report comes again, so an
 * answer lost on the way loses nothing.
 */
import type { Host } from '../../core/contract/resources.ts'
import type { Report } from '../../core/contract/report.ts'
import { Failure } from '../../core/contract/failures.ts'
import { advance } from '../../core/operation.ts'
import { fence } from '../../core/ownership.ts'
import { findCommand, isSettled, settleCommand, type CommandRecord } from '../aws/commands.ts'
import { changeOperation } from '../aws/operations.ts'
import { serve } from '../aws/serve.ts'
import { untilCommitted } from '../aws/commit.ts'
import { findOwnership } from '../aws/vms.ts'
import { stepFailed, stepLives, stepSucceeded } from '../aws/workflows.ts'

/**
 * The command, if it was addressed to this host and R still binds the VM to it under that generation. What has been
 * settled may be told again whatever became of R since; nothing new may begin.
 */
const addressedTo = async (host: Host, report: Report): Promise<CommandRecord> => {
  const record = await findCommand(report.commandId)
  if (!record?.command || record.hostId !== host.id)
    throw new Failure('COMMAND_NOT_YOURS', undefined, { commandId: report.commandId })
  const toldAgain = isSettled(record) && (report.kind === 'done' || report.kind === 'failed')
  if (!toldAgain) fence(await findOwnership(record.command.vmId), host.id, report.generation)
  return record
}

const settle = (host: Host, report: Report & { kind: 'done' | 'failed' }, now: number) =>
  untilCommitted(async (): Promise<CommandRecord> => {
    const record = await addressedTo(host, report)
    if (isSettled(record)) return record
    const settlement =
      report.kind === 'done'
        ? ({ state: 'done' } as const)
        : ({ state: 'failed', reason: report.reason } as const)
    await settleCommand(record, settlement, now)
    return { ...record, ...settlement }
  })

export const handler = serve('report', async ({ host, body: report, now, at }) => {
  if (report.kind === 'done' || report.kind === 'failed') {
    const { state, reason, taskToken } = await settle(host, report, now)
    const settled =
      state === 'done'
        ? await stepSucceeded(taskToken, { hostId: host.id })
        : await stepFailed(taskToken, 'COMMAND_FAILED', reason ?? 'withdrawn')
    return { settled }
  }
  const { taskToken, tenantId, operationId } = await addressedTo(host, report)
  if (report.kind === 'progress')
    await changeOperation(tenantId, operationId, (operation) => advance(operation, report, at))
  return { settled: await stepLives(taskToken) }
})
