/**
 * The wait for a host ended without its word. A command it never took can be taken back, and then it is certain that
 * nothing came of it; one it took may have been carried out, and only the host can tell (no fencing by silence). One that
 * was never posted is withdrawn as well, in case a send-command that was given up is still on its way. What follows is
 * decided here, by name; the state machine only goes where it is told.
 */
import type { Tried } from '../../core/placement.ts'
import { commit, untilCommitted } from '../aws/commit.ts'
import {
  commandIdOf,
  findCommand,
  forestalled,
  settleCommand,
  type CommandRecord,
} from '../aws/commands.ts'
import type { WorkflowError } from '../aws/end-operation.ts'
import { step, type Work } from '../aws/step.ts'

interface Payload {
  work: Work
  hostId: string
  state: string
  /** What ended the wait. */
  failure: WorkflowError
  /** The hosts tried before, where another one could do it as well. */
  excluding?: Tried
}

export interface Decision {
  decision: 'it was done' | 'nothing came of it' | 'ask another host' | 'nobody can tell'
  failure: WorkflowError
  excluding: Tried
}

/** So many hosts may be silent, one after the other, before the fault is looked for elsewhere. */
const silentHostsAtMost = 4
const didNotAnswer = 'did not answer'
const countSilent = (tried: Tried) =>
  Object.values(tried).filter((why) => why === didNotAnswer).length

const isSilence = ({ Error: name }: WorkflowError) =>
  name === 'States.HeartbeatTimeout' || name === 'States.Timeout'

const hostSilent = (Cause: string): WorkflowError => ({ Error: 'HOST_SILENT', Cause })

const sayTaken = ({ incarnation }: CommandRecord, { Error: name }: WorkflowError) => {
  if (name === 'States.Timeout')
    return 'The host took the command and did not finish it in the time it had.'
  return incarnation === null
    ? 'The host fetched the command, never said that it accepts it, and has not been heard of since.'
    : 'The host accepted the command and has not been heard of since.'
}

const afterWithdrawal = ({ hostId, failure, excluding }: Payload): Decision => {
  if (!isSilence(failure))
    return { decision: 'nothing came of it', failure, excluding: excluding ?? {} }
  if (!excluding) {
    const never = hostSilent('The host never took the command; it was withdrawn.')
    return { decision: 'nothing came of it', failure: never, excluding: {} }
  }
  const tried = { ...excluding, [hostId]: didNotAnswer }
  const all = hostSilent('Host after host did not take the command; each time it was withdrawn.')
  return {
    decision: countSilent(tried) < silentHostsAtMost ? 'ask another host' : 'nothing came of it',
    failure: all,
    excluding: tried,
  }
}

const decide = (record: CommandRecord, payload: Payload): Decision => {
  const { failure, excluding = {} } = payload
  switch (record.state) {
    case 'done':
      return { decision: 'it was done', failure, excluding }
    case 'failed': {
      const told = { Error: 'COMMAND_FAILED', Cause: record.reason ?? 'the host gave no reason' }
      return { decision: 'nothing came of it', failure: told, excluding }
    }
    case 'withdrawn':
      return afterWithdrawal(payload)
    default: {
      const told = isSilence(failure) ? hostSilent(sayTaken(record, failure)) : failure
      return { decision: 'nobody can tell', failure: told, excluding }
    }
  }
}

export const handler = step(null, (payload: Payload, { now }) =>
  untilCommitted(async () => {
    const { work, hostId, state } = payload
    const { operationId, tenantId } = work
    const id = commandIdOf(operationId, state, hostId)
    const record = await findCommand(id)
    if (record && record.state !== 'open') return decide(record, payload)
    if (record) await settleCommand(record, { state: 'withdrawn' }, now)
    else await commit([forestalled({ id, hostId, tenantId, operationId }, now)])
    return afterWithdrawal(payload)
  }),
)
