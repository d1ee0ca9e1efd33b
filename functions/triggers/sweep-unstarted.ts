/**
 * A change stands but its workflow may not have begun: the process died in between, or StartExecution failed. Starting
 * is by name, so what did begin after all is not begun twice.
 */
import type { Operation } from '../../core/contract/resources.ts'
import { begin } from '../aws/change.ts'
import { clock } from '../aws/clock.ts'
import { resourceOf, type Start } from '../aws/items.ts'
import { indexed } from '../aws/keys.ts'
import { query } from '../aws/table.ts'

/** Younger ones are being started by whoever wrote them. */
const patienceMs = 5_000
const atOnce = 100

export const handler = async (): Promise<{ swept: number }> => {
  const oldEnough = new Date(clock.now() - patienceMs).toISOString()
  const { items } = await query({
    partition: indexed.unstarted,
    index: 'gsi1',
    upTo: oldEnough,
    limit: atOnce,
  })
  for (const item of items) await begin(resourceOf<Operation>(item), item.start as Start)
  return { swept: items.length }
}
