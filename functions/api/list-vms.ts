/** GET /v1/vms — a filter that pins the state is answered from the index of that state. */
import type { Vm } from '../../core/contract/resources.ts'
import { pinned } from '../../core/filter.ts'
import { vmStates } from '../../core/vm.ts'
import { answer } from '../aws/answer.ts'
import { indexed, partitions } from '../aws/keys.ts'
import { listPage } from '../aws/list.ts'

export const handler = answer('list-vms', async (request) => {
  const { tenantId } = request.principal
  const page = await listPage<Vm>('list-vms', request, (filter) => {
    const wanted = pinned(filter, 'state')
    const state = vmStates.states.find((known) => known === wanted)
    if (state === undefined) return { partition: partitions.vms(tenantId) }
    return { partition: indexed.vmsIn(tenantId, state), index: 'gsi1' }
  })
  return { body: page }
})
