/** Which host holds the VM, if any does, and under which generation. */
import { step, type Work } from '../aws/step.ts'
import { findOwnership } from '../aws/vms.ts'

export const handler = step(null, async ({ work }: { work: Work }) => {
  const ownership = await findOwnership(work.vmId)
  const { generation = 0 } = ownership ?? {}
  return { hostId: ownership?.phase === 'OWNED' ? ownership.hostId : null, generation }
})
