/** The operations that are served; every other one is refused by its name. */
import { describeExecution } from './describe-execution.ts'
import { describeStateMachine } from './describe-state-machine.ts'
import { getExecutionHistory } from './get-execution-history.ts'
import { listExecutions } from './list-executions.ts'
import { listStateMachines } from './list-state-machines.ts'
import type { Operation } from './operation.ts'
import { sendTaskFailure, sendTaskHeartbeat, sendTaskSuccess } from './send-task.ts'
import { startExecution } from './start-execution.ts'
import { stopExecution } from './stop-execution.ts'

export const operations = new Map<string, Operation>([
  ['DescribeExecution', describeExecution],
  ['DescribeStateMachine', describeStateMachine],
  ['GetExecutionHistory', getExecutionHistory],
  ['ListExecutions', listExecutions],
  ['ListStateMachines', listStateMachines],
  ['SendTaskFailure', sendTaskFailure],
  ['SendTaskHeartbeat', sendTaskHeartbeat],
  ['SendTaskSuccess', sendTaskSuccess],
  ['StartExecution', startExecution],
  ['StopExecution', stopExecution],
])
