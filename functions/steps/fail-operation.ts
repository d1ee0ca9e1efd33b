/** The workflow gives up, by name. */
import { failOperation, type WorkflowError } from '../aws/end-operation.ts'
import { step, type Work } from '../aws/step.ts'

interface Payload {
  work: Work
  failure: WorkflowError
  hostId: string | null
}

export const handler = step(null, ({ work, failure, hostId }: Payload, { at }) =>
  failOperation(work, failure, hostId, at),
)
