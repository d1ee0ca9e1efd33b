/** The workflow gives up, by name. */
import { failOperation, type WorkflowError } from '../aws/end-operation.ts'
import { step, type Work } from '../aws/step.ts'

interface Payload {
  work: Work
  error: WorkflowError
  hostId: string | null
}

export const handler = step(null, ({ work, error, hostId }: Payload, { at }) =>
  failOperation(work, error, hostId, at),
)
