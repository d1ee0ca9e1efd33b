/** The machine an ARN names, or the refusal the API gives. */
import { parseMachineArn } from '../arns.ts'
import { ServiceError } from '../errors.ts'
import type { Home } from './operation.ts'

export function findMachine({ machines }: Home, arn: string) {
  const machine = machines.named(parseMachineArn(arn))
  if (machine) return machine
  throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
}
