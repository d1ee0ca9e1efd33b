/** DescribeStateMachine. The definition is shown with its placeholders filled in, as it is executed. */
import * as z from 'zod'
import { machineArn } from '../arns.ts'
import { findMachine } from './find-machine.ts'
import { includedData, operation } from './operation.ts'

export const describeStateMachine = operation(
  { stateMachineArn: z.string(), includedData },
  (home, input) => {
    const machine = findMachine(home, input.stateMachineArn)
    return {
      stateMachineArn: machineArn(machine.name),
      name: machine.name,
      status: 'ACTIVE',
      type: 'STANDARD',
      definition: machine.text,
      roleArn: 'arn:aws:iam::000000000000:role/local',
      creationDate: machine.createdAt / 1_000,
    }
  },
)
