/** Which host holds the VM, if any does. */
import { step, type Work } from '../aws/step.ts'
import { findOwnership } from '../aws/vms.ts'

export const handler = step(null, async ({ work }: { work: Work }) => {
  const ownership = await findOwnership(work.vmId)
  return { hostId: ownership?.phase === 'OWNED' ? ownership.hostId : null }
})
