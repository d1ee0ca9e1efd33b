/** DELETE /v1/vms/{vmId} — from here on the VM is going; the workflow delete-vm ends it on its host. */
import { newId } from '../../core/ids.ts'
import { beginOperation } from '../../core/operation.ts'
import { traceparentOf } from '../../core/trace.ts'
import { deleteVm } from '../../core/vm.ts'
import { answer } from '../aws/answer.ts'
import { vmItem } from '../aws/items.ts'
import { loadVm } from '../aws/vms.ts'

export const handler = answer(
  'delete-vm',
  async ({ params, principal, now, at, trace, expects }) => {
    const { tenantId, keyId: actor } = principal
    const vm = await loadVm(tenantId, params.vmId)
    expects(vm.version)
    const operation = beginOperation(
      {
        id: newId('operation', now),
        tenantId,
        kind: 'vm.delete',
        target: `/v1/vms/${vm.id}`,
        actor,
        traceId: trace.traceId,
      },
      at,
    )
    const input = {
      operationId: operation.id,
      tenantId,
      vmId: vm.id,
      traceparent: traceparentOf(trace),
    }
    return {
      writes: [{ replace: vmItem(deleteVm(vm, at)), was: vm.version }],
      begins: { operation, start: { workflow: 'delete-vm', input } },
    }
  },
)
