/** Deletes what has expired, a hundred items to a transaction, as the service itself would. */
import { ConsumedCapacity } from './consumed-capacity.ts'
import { limits } from './limits.ts'
import type { World } from './operation.ts'
import type { Table } from './table.ts'
import { expiredItems } from './time-to-live.ts'
import { carryOut, decide } from './write.ts'

const itemsPerTransaction = 100

export function sweepExpired(
  world: World,
  table: Table,
  commit: (work: () => void) => void,
): number {
  if (table.timeToLive === undefined) return 0
  const now = Math.floor(world.clock.now() / 1000)
  const between = { after: now - limits.timeToLivePastMs / 1000, until: now }
  let swept = 0
  for (;;) {
    const due = expiredItems(world.storage, table, between, itemsPerTransaction)
    if (due.length === 0) return swept
    commit(() => {
      for (const key of due) {
        const write = {
          table,
          key,
          condition: undefined,
          showOnFailure: false,
          next: () => undefined,
        }
        carryOut(world, decide(world, write), new ConsumedCapacity(), 'expiry')
      }
    })
    swept += due.length
  }
}
