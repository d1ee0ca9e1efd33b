/** POST /v1/vms — the VM, its name and its operation, then the workflow create-vm. */
import { Failure } from '../../core/contract/failures.ts'
import { newId } from '../../core/ids.ts'
import { beginOperation } from '../../core/operation.ts'
import { traceparentOf } from '../../core/trace.ts'
import { requestVm } from '../../core/vm.ts'
import { answer } from '../aws/answer.ts'
import { plainItem, vmItem } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'

export const handler = answer('create-vm', async ({ body: spec, principal, now, at, trace }) => {
  const { tenantId, keyId: actor } = principal
  const vm = requestVm(newId('vm', now), tenantId, spec, at)
  const operation = beginOperation(
    {
      id: newId('operation', now),
      tenantId,
      kind: 'vm.create',
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
    writes: [
      { create: vmItem(vm) },
      {
        create: plainItem(keyOf.vmName(tenantId, vm.name), { vmId: vm.id }),
        otherwise: new Failure('NAME_TAKEN', undefined, { resource: 'vm', name: vm.name }),
      },
    ],
    begins: { operation, start: { workflow: 'create-vm', input } },
  }
})
