/**
 * A change stands but its workflow may not have begun: the process died in between, or StartExecution failed. Starting
 * is by name, so what did begin after all is not begun twice. All of them are tried every time: one that cannot be
 * started stands in nobody's way.
 */
import type { Operation } from '../../core/contract/resources.ts'
import { begin } from '../aws/begin.ts'
import { clock } from '../aws/clock.ts'
import { resourceOf, type Start } from '../aws/items.ts'
import { indexed } from '../aws/keys.ts'
import { query } from '../aws/table.ts'

/** Younger ones are being started by whoever wrote them. */
const patienceMs = 5_000
const atOnce = 50

export const handler = async (): Promise<{ swept: number }> => {
  const oldEnough = new Date(clock.now() - patienceMs).toISOString()
  let swept = 0
  let last: string | undefined
  for (;;) {
    const from = last === undefined ? { upTo: oldEnough } : { after: last }
    const range = { partition: indexed.unstarted, index: 'gsi1', limit: atOnce, ...from } as const
    const { items, more } = await query(range)
    const due = items.filter(({ gsi1sk }) => gsi1sk! <= oldEnough)
    await Promise.all(due.map((item) => begin(resourceOf<Operation>(item), item.start as Start)))
    swept += due.length
    if (!more || due.length < items.length) return { swept }
    last = items.at(-1)!.gsi1sk!
  }
}
