/**
 * A request that waits holds a running function, and those are few for all tenants together: a key may have only so
 * many at once. Each is counted in the minute it began in, and counted off when it ends. None lasts a minute, so what is
 * under way began in this minute or the one before; one whose function died is forgotten with its minute.
 */
import type { ApiKey } from '../../core/contract/resources.ts'
import { Failure } from '../../core/contract/failures.ts'
import { clock } from './clock.ts'
import { count } from './commit.ts'
import { until } from './items.ts'
import { keyOf } from './keys.ts'
import { log } from './log.ts'
import { get } from './table.ts'

type Waiter = Pick<ApiKey, 'id' | 'requestsPerMinute'>

const minuteMs = 60_000
const bucket = 'waiting'
/** A key that may read as usual (1200 a minute) may wait 50 times at once. */
const readsPerWait = 24
/** Half of the functions an account runs at once. */
const mostOfAnyKey = 500
const retryAfterSeconds = 5

export const waitsAtOnce = ({ requestsPerMinute: { read } }: Pick<Waiter, 'requestsPerMinute'>) =>
  Math.min(mostOfAnyKey, Math.ceil(read / readsPerWait))

const countWait = (key: Waiter, minute: number, by: 1 | -1) =>
  count(keyOf.rate(key.id, bucket, minute), bucket, by, until(minute * minuteMs, 180))

const waitsOf = async (key: Waiter, minute: number): Promise<number> =>
  Math.max(0, Number((await get(keyOf.rate(key.id, bucket, minute)))?.[bucket] ?? 0))

/** Does what may wait for so many seconds, unless the key has as many waits under way as it may have. */
export const whileWaiting = async <T>(
  key: Waiter,
  seconds: number,
  wait: () => Promise<T>,
): Promise<T> => {
  if (seconds === 0) return wait()
  const limit = waitsAtOnce(key)
  const minute = Math.floor(clock.now() / minuteMs)
  // Counted first and looked at then: of two at once none can miss the other.
  const begun = await countWait(key, minute, 1)
  try {
    if (begun + (await waitsOf(key, minute - 1)) > limit) throw tooMany(limit)
    return await wait()
  } finally {
    await countWait(key, minute, -1).catch((error: unknown) =>
      log('warn', 'a wait was not counted off', { keyId: key.id, error: String(error) }),
    )
  }
}

const tooMany = (limit: number) =>
  new Failure(
    'RATE_LIMITED',
    `This key may have ${limit} waiting requests under way at once. Ask with wait=0, or when one of them has ended.`,
    { limit, bucket, retryAfterSeconds },
  )
