/**
 * The host was silent. A command it never took can be taken back, and then it is certain that nothing came of it; one
 * it took may have been carried out, and only the host can tell (no fencing by silence). One that was never posted is
 * withdrawn as well, in case a send-command that was given up is still on its way.
 */
import { findCommand, forestallCommand, settleCommand } from '../aws/commands.ts'
import { step, type Work } from '../aws/step.ts'
import { untilCommitted } from '../aws/commit.ts'

interface Payload {
  work: Work
  hostId: string
  state: string
}

export const handler = step(null, ({ work, hostId, state }: Payload, { now }) =>
  untilCommitted(async () => {
    const { operationId, tenantId } = work
    const id = `${operationId}.${state}.${hostId}`
    const record = await findCommand(id)
    if (!record) await forestallCommand({ id, hostId, tenantId, operationId }, now)
    else if (record.state === 'open') await settleCommand(record, { state: 'withdrawn' }, now)
    else return { outcome: record.state, reason: record.reason }
    return { outcome: 'withdrawn', reason: null }
  }),
)
