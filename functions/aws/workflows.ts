/** Step Functions: an execution is named after its operation, so that starting it twice is starting it once. */
import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { atHome, clientOf } from './clients.ts'
import { readConfig } from './config.ts'
import type { Start } from './items.ts'

const client = clientOf((home) => new SFNClient(atHome(home?.stepFunctions)))

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '')

export const startWorkflow = async ({ workflow, input }: Start, name: string): Promise<void> => {
  try {
    await client().send(
      new StartExecutionCommand({
        stateMachineArn: readConfig().stateMachineArn(workflow),
        name,
        input: JSON.stringify(input),
      }),
    )
  } catch (error) {
    if (nameOf(error) !== 'ExecutionAlreadyExists') throw error
  }
}

/** A step that no longer waits (it timed out, or heard it already) is not an error of whoever reports. */
const toWaitingStep = async (send: () => Promise<unknown>): Promise<boolean> => {
  try {
    await send()
    return true
  } catch (error) {
    if (['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'].includes(nameOf(error))) return false
    throw error
  }
}

export const stepSucceeded = (taskToken: string, output: unknown) =>
  toWaitingStep(() =>
    client().send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })),
  )

export const stepFailed = (taskToken: string, error: string, cause: string) =>
  toWaitingStep(() => client().send(new SendTaskFailureCommand({ taskToken, error, cause })))

export const stepLives = (taskToken: string) =>
  toWaitingStep(() => client().send(new SendTaskHeartbeatCommand({ taskToken })))
