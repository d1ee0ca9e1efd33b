/** DELETE /v1/vms/{vmId} — from here on the VM is going; the workflow delete-vm ends it on its host. */
import { deleteVm } from '../../core/vm.ts'
import { answerChange } from '../aws/change.ts'
import { vmItem } from '../aws/items.ts'
import { beginVmOperation } from '../aws/vm-operation.ts'
import { loadVm } from '../aws/vms.ts'

export const handler = answerChange('delete-vm', async (request) => {
  const vm = await loadVm(request.principal.tenantId, request.params.vmId)
  request.expects(vm.version)
  return {
    writes: [{ replace: vmItem(deleteVm(vm, request.at)), was: vm.version }],
    begins: beginVmOperation({ kind: 'vm.delete', workflow: 'delete-vm', vmId: vm.id }, request),
  }
})
