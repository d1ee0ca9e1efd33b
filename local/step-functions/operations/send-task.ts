/**
 * SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat. A token nobody was given is invalid; one whose
 * attempt is over (answered, failed, timed out, stopped) has timed out, also for the same answer again.
 */
import * as z from 'zod'
import { ServiceError, shorten } from '../errors.ts'
import type { Json } from '../json.ts'
import { maxCauseCharacters, maxErrorCharacters, maxPayloadBytes } from '../limits.ts'
import type { Answer } from '../transitions/happenings.ts'
import { operation, type Home } from './operation.ts'

const taskToken = z.string().min(1).max(2_048)

export const sendTaskSuccess = operation({ taskToken, output: z.string() }, (home, input) =>
  callBack(home, input.taskToken, { output: parseOutput(input.output) }),
)

export const sendTaskFailure = operation(
  {
    taskToken,
    error: z.string().max(maxErrorCharacters).optional(),
    cause: z.string().max(maxCauseCharacters).optional(),
  },
  (home, { taskToken: token, error = '', cause = '' }) =>
    callBack(home, token, { failure: shorten({ error, cause }) }),
)

export const sendTaskHeartbeat = operation({ taskToken }, (home, input) =>
  callBack(home, input.taskToken, 'heartbeat'),
)

async function callBack(home: Home, token: string, callback: Answer | 'heartbeat') {
  const holder = home.journal.holderOf(token)
  if (!holder) throw new ServiceError('InvalidToken', 'Invalid Token')
  const { execution, frame } = holder
  const took = await home.driver.happen(execution, { kind: 'called-back', frame, token, callback })
  if (took) return {}
  throw new ServiceError('TaskTimedOut', 'Task Timed Out: the task this token was for is over')
}

function parseOutput(output: string): Json {
  if (Buffer.byteLength(output) > maxPayloadBytes) {
    throw new ServiceError('InvalidOutput', `Invalid Output: larger than ${maxPayloadBytes} bytes`)
  }
  try {
    return JSON.parse(output) as Json
  } catch {
    throw new ServiceError('InvalidOutput', 'Invalid Output: not valid JSON')
  }
}
