/** POST /v1/vms — the VM, its name and its operation, then the workflow create-vm. */
import { Failure } from '../../core/contract/failures.ts'
import { newId } from '../../core/ids.ts'
import { requestVm } from '../../core/vm.ts'
import { answerChange } from '../aws/change.ts'
import { plainItem, vmItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { beginVmOperation } from '../aws/vm-operation.ts'

export const handler = answerChange('create-vm', async (request) => {
  const { tenantId } = request.principal
  const vm = requestVm(newId('vm', request.now), tenantId, request.body, request.at)
  return {
    writes: [
      { create: vmItem(vm) },
      {
        create: plainItem(keyOf.vmName(tenantId, vm.name), { vmId: vm.id }),
        otherwise: new Failure('NAME_TAKEN', undefined, { resource: 'vm', name: vm.name }),
      },
    ],
    begins: beginVmOperation({ kind: 'vm.create', workflow: 'create-vm', vmId: vm.id }, request),
  }
})
