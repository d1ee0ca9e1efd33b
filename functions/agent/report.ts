/**
 * POST /agent/v1/report — what became of a command. The first final report decides; the same again is answered the
 * same. The journal that accepted a command is the only one that is believed about it. The waiting step is told after
 * the table was written and told again whenever the report comes again, so an answer lost on the way loses nothing.
 */
import type { Host } from '../../core/contract/resources.ts'
import type { Report } from '../../core/contract/report.ts'
import { Failure } from '../../core/contract/failures.ts'
import { advance } from '../../core/operation.ts'
import { accept, bound, type Ownership } from '../../core/ownership.ts'
import {
  fenced,
  findCommand,
  isSettled,
  replaceCommand,
  settleCommand,
  type Posting,
} from '../aws/commands.ts'
import { ownershipItem } from '../aws/items.ts'
import { changeOperation } from '../aws/operations.ts'
import { serve } from '../aws/serve.ts'
import { untilCommitted } from '../aws/commit.ts'
import { findOwnership } from '../aws/vms.ts'
import { stepFailed, stepLives, stepSucceeded } from '../aws/workflows.ts'

type Final = Report & { kind: 'done' | 'failed' }
const isFinal = (report: Report): report is Final =>
  report.kind === 'done' || report.kind === 'failed'

/** The command, if it was addressed to this host and no other journal of it has spoken about it. */
const addressedTo = async (host: Host, report: Report): Promise<Posting> => {
  const { commandId, incarnation } = report
  const record = await findCommand(commandId)
  if (!record?.command || record.hostId !== host.id)
    throw new Failure('COMMAND_NOT_YOURS', undefined, { commandId })
  if (record.incarnation !== null && record.incarnation !== incarnation)
    throw new Failure('INCARNATION_STALE', undefined, {
      commandId,
      incarnation,
      acceptedBy: record.incarnation,
    })
  return { ...record, command: record.command }
}

/** R, as long as it binds the VM to this host under that generation. */
const owning = async (host: Host, { command }: Posting, report: Report): Promise<Ownership> =>
  bound(await findOwnership(command.vmId), host.id, report.generation)

/** What has been settled may be told again whatever became of R since. */
const settle = (host: Host, report: Final, now: number) =>
  untilCommitted(async (): Promise<Pick<Posting, 'state' | 'reason' | 'taskToken'>> => {
    const record = await addressedTo(host, report)
    if (isSettled(record)) return record
    const ownership = await owning(host, record, report)
    const { incarnation } = report
    const settlement =
      report.kind === 'done'
        ? ({ state: 'done', incarnation } as const)
        : ({ state: 'failed', incarnation, reason: report.reason } as const)
    await settleCommand(record, settlement, now, fenced(ownership))
    return { ...record, ...settlement }
  })

/** From here on the command is this journal's, and so is the VM. */
const acceptFrom = (host: Host, report: Report): Promise<Posting> =>
  untilCommitted(async () => {
    const record = await addressedTo(host, report)
    const ownership = await owning(host, record, report)
    const { kind, incarnation } = report
    if (kind !== 'accepted' || isSettled(record)) return record
    const isKnown = ownership.incarnations[host.id] === incarnation
    if (isKnown && record.incarnation === incarnation) return record
    const accepted = ownershipItem(accept(ownership, host.id, incarnation))
    await replaceCommand(
      record,
      { state: 'taken', incarnation },
      { replace: accepted, was: ownership.version },
    )
    return record
  })

export const handler = serve('report', async ({ host, body: report, now, at }) => {
  if (isFinal(report)) {
    const { state, reason, taskToken } = await settle(host, report, now)
    const settled =
      state === 'done'
        ? await stepSucceeded(taskToken, { hostId: host.id })
        : await stepFailed(taskToken, 'COMMAND_FAILED', reason ?? 'withdrawn')
    return { settled }
  }
  const { taskToken, tenantId, operationId } = await acceptFrom(host, report)
  if (report.kind === 'progress')
    await changeOperation(tenantId, operationId, (operation) => advance(operation, report, at))
  return { settled: await stepLives(taskToken) }
})
