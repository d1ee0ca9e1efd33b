/** The beginning of an operation whose change stands. If its workflow cannot be started now, the sweeper starts it. */
import type { Operation } from '../../core/contract/resources.ts'
import type { Start } from './items.ts'
import { keyOf } from './keys.ts'
import { log } from './log.ts'
import { set } from './commit.ts'
import { startWorkflow } from './workflows.ts'

export const begin = async (operation: Operation, start: Start): Promise<void> => {
  try {
    await startWorkflow(start, operation.id)
    const key = keyOf.operation(operation.tenantId, operation.id)
    await set(key, {}, ['gsi1pk', 'gsi1sk'])
  } catch (error) {
    log('warn', 'a workflow waits for the sweeper', {
      operationId: operation.id,
      error: String(error),
    })
  }
}
