/**
 * The host was silent. A command it never took can be taken back, and then it is certain that nothing came of it; one
 * it took may have been carried out, and only the host can tell (no fencing by silence).
 */
import { findCommand, settleCommand } from '../aws/commands.ts'
import { step, type Work } from '../aws/step.ts'
import { untilCommitted } from '../aws/table.ts'

interface Payload {
  work: Work
  hostId: string
  state: string
}

export const handler = step(null, ({ work, hostId, state }: Payload, { now }) =>
  untilCommitted(async () => {
    const record = await findCommand(`${work.operationId}.${state}.${hostId}`)
    if (!record || record.state === 'withdrawn') return { outcome: 'withdrawn' }
    if (record.state !== 'open') return { outcome: record.state }
    await settleCommand(record, { state: 'withdrawn' }, now)
    return { outcome: 'withdrawn' }
  }),
)
