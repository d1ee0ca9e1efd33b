/** The operation of a verb on a VM, and the start of the workflow that carries it out. */
import { newId } from '../../core/ids.ts'
import { beginOperation, type OperationKind } from '../../core/operation.ts'
import { traceparentOf } from '../../core/trace.ts'
import type { OpenRequest, Request } from './admit.ts'
import type { Start } from './items.ts'
import type { Operation } from '../../core/contract/resources.ts'
import type { RouteName } from '../../core/contract/api.ts'

type Asked = Pick<Request<RouteName>, 'principal'> &
  Pick<OpenRequest<RouteName>, 'now' | 'at' | 'trace'>

export const beginVmOperation = (
  { kind, workflow, vmId }: { kind: OperationKind; workflow: string; vmId: string },
  { principal, now, at, trace }: Asked,
): { operation: Operation; start: Start } => {
  const { tenantId, keyId: actor } = principal
  const { traceId } = trace
  const id = newId('operation', now)
  const target = `/v1/vms/${vmId}`
  const operation = beginOperation({ id, tenantId, kind, target, actor, traceId }, at)
  const input = { operationId: id, tenantId, vmId, traceparent: traceparentOf(trace) }
  return { operation, start: { workflow, input } }
}
