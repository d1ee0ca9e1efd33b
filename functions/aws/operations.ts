/** Operations as steps and waiting callers touch them. */
import type { Operation } from '../../core/contract/resources.ts'
import { isOver } from '../../core/operation.ts'
import { clock } from './clock.ts'
import { operationItem } from './items.ts'
import { keyOf } from './keys.ts'
import { commit, untilCommitted } from './commit.ts'
import { load } from './table.ts'

export const loadOperation = (tenantId: string, id: string) =>
  load<Operation>(keyOf.operation(tenantId, id), { resource: 'operation', id, tenantId })

/** The operation as soon as it has ended, or as it is after `seconds`. */
export const awaitOperation = async (
  tenantId: string,
  id: string,
  seconds: number,
): Promise<Operation> => {
  const end = clock.now() + seconds * 1000
  for (let pause = 25; ; pause = Math.min(pause * 2, 400)) {
    const operation = await loadOperation(tenantId, id)
    const left = end - clock.now()
    if (isOver(operation) || left <= 0) return operation
    await clock.sleep(Math.min(pause, left))
  }
}

/** Applies a decision to an operation that is not over; one that is over stays as it ended. */
export const changeOperation = (
  tenantId: string,
  id: string,
  decide: (operation: Operation) => Operation,
): Promise<Operation> =>
  untilCommitted(async () => {
    const operation = await loadOperation(tenantId, id)
    if (isOver(operation)) return operation
    const changed = decide(operation)
    await commit([{ replace: operationItem(changed), was: operation.version }])
    return changed
  })
