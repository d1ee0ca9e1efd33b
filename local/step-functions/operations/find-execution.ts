/** The execution an ARN names, or the refusal the API gives. */
import { parseExecutionArn } from '../arns.ts'
import { ServiceError } from '../errors.ts'
import type { Execution } from '../frames.ts'
import type { Home } from './operation.ts'

export function findExecution({ journal }: Home, arn: string): Execution {
  const { machine, name } = parseExecutionArn(arn)
  const execution = journal.executionNamed(machine, name)
  if (execution) return execution
  throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
}
