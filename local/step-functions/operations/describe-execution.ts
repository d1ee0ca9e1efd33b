/** DescribeExecution. */
import * as z from 'zod'
import { executionArn, machineArn } from '../arns.ts'
import { findExecution } from './find-execution.ts'
import { includedData, operation } from './operation.ts'

const included = { included: true }

export const describeExecution = operation(
  { executionArn: z.string(), includedData },
  (home, input) => {
    const execution = findExecution(home, input.executionArn)
    const { machine, name, status, startedAt, stoppedAt, output, error, cause } = execution
    return {
      executionArn: executionArn(machine, name),
      stateMachineArn: machineArn(machine),
      name,
      status,
      startDate: startedAt / 1_000,
      ...(stoppedAt !== null && { stopDate: stoppedAt / 1_000 }),
      ...(input.includedData !== 'METADATA_ONLY' && {
        input: execution.input,
        inputDetails: included,
        ...(output !== null && { output, outputDetails: included }),
      }),
      ...(error !== null && { error }),
      ...(cause !== null && { cause }),
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Redrive is not supported by the embedded Step Functions',
    }
  },
)
