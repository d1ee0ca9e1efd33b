/** The event the service puts on the bus when an execution's status changes. Times in it are milliseconds. */
import { createHash } from 'node:crypto'
import { accountId, executionArn, machineArn, region } from './arns.ts'
import type { Execution, Status } from './frames.ts'

export interface StatusEvent {
  version: '0'
  /** The same for every delivery of the same change. */
  id: string
  source: 'aws.states'
  'detail-type': 'Step Functions Execution Status Change'
  account: string
  region: string
  time: string
  resources: string[]
  detail: {
    executionArn: string
    stateMachineArn: string
    name: string
    status: Status
    startDate: number
    stopDate: number | null
    input: string
    output: string | null
    error: string | null
    cause: string | null
  }
}

export function statusEvent(execution: Execution, at: number): StatusEvent {
  const arn = executionArn(execution.machine, execution.name)
  return {
    version: '0',
    id: eventId(`${arn} ${execution.startedAt} ${execution.status}`),
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    account: accountId,
    region,
    time: new Date(at).toISOString(),
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machineArn(execution.machine),
      name: execution.name,
      status: execution.status,
      startDate: execution.startedAt,
      stopDate: execution.stoppedAt,
      input: execution.input,
      output: execution.output,
      error: execution.error,
      cause: execution.cause,
    },
  }
}

function eventId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
