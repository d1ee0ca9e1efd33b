/** PATCH /v1/vms/{vmId}. */
import { updateVm } from '../../core/vm.ts'
import { answerChange } from '../aws/change.ts'
import { vmItem } from '../aws/items.ts'
import { loadVm } from '../aws/vms.ts'

export const handler = answerChange(
  'update-vm',
  async ({ params, body, principal, at, expects }) => {
    const vm = await loadVm(principal.tenantId, params.vmId)
    expects(vm.version)
    const updated = updateVm(vm, body, at)
    return {
      writes: [{ replace: vmItem(updated), was: vm.version }],
      body: updated,
      version: updated.version,
    }
  },
)
