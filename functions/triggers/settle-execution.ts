/**
 * An execution ended otherwise than its definition says (aborted by hand, timed out as a whole, a defect): its
 * operation must not hang for ever. One that ended as defined has settled its operation already, and stays so.
 */
import type { EventBridgeEvent } from 'aws-lambda'
import { clock } from '../aws/clock.ts'
import { failOperation } from '../aws/end-operation.ts'
import type { Work } from '../aws/step.ts'

interface Detail {
  status: string
  input: string
  error?: string
  cause?: string
}

export const handler = async ({ detail }: EventBridgeEvent<string, Detail>) => {
  const work = JSON.parse(detail.input) as Work
  const error = { Error: detail.error ?? detail.status, Cause: detail.cause ?? '' }
  return failOperation(work, error, null, new Date(clock.now()).toISOString())
}
