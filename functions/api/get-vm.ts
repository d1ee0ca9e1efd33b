/** GET /v1/vms/{vmId}. */
import { answer } from '../aws/answer.ts'
import { loadVm } from '../aws/vms.ts'

export const handler = answer('get-vm', async ({ params, principal }) => {
  const vm = await loadVm(principal.tenantId, params.vmId)
  return { body: vm, version: vm.version }
})
