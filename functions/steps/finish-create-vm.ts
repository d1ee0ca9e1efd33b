/** The host said that the VM runs: the VM and its operation are told so together. */
import { isOver, succeed } from '../../core/operation.ts'
import { vmCreated } from '../../core/vm.ts'
import { operationItem, vmItem } from '../aws/items.ts'
import { loadOperation } from '../aws/operations.ts'
import { step, type Work } from '../aws/step.ts'
import { commit, untilCommitted } from '../aws/commit.ts'
import { loadVm } from '../aws/vms.ts'

export const handler = step(null, ({ work }: { work: Work }, { at }) =>
  untilCommitted(async () => {
    const operation = await loadOperation(work.tenantId, work.operationId)
    if (isOver(operation)) return { state: operation.state }
    const vm = await loadVm(work.tenantId, work.vmId)
    await commit([
      { replace: vmItem(vmCreated(vm, at)), was: vm.version },
      { replace: operationItem(succeed(operation, at)), was: operation.version },
    ])
    return { state: 'succeeded' }
  }),
)
