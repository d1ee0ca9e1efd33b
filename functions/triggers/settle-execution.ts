/**
 * An execution ended otherwise than its definition says (aborted by hand, timed out as a whole, a defect): its
 * operation must not hang for ever. One that ended as defined has settled its operation already, and stays so; one that
 * a person started by hand works for no operation.
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

const workIn = (input: string): Work | undefined => {
  const { operationId, tenantId, vmId } = (JSON.parse(input) ?? {}) as Partial<Work>
  return operationId && tenantId && vmId ? (JSON.parse(input) as Work) : undefined
}

export const handler = async ({ detail }: EventBridgeEvent<string, Detail>) => {
  const work = workIn(detail.input)
  if (!work) return { state: 'nobody asked for it' }
  const error = { Error: detail.error ?? detail.status, Cause: detail.cause ?? '' }
  return failOperation(work, error, null, new Date(clock.now()).toISOString())
}
