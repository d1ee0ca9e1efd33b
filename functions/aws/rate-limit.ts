/** Requests of a key are counted by the minute, reads and writes apart; over the limit they are refused with Retry-After. */
import type { ApiKey } from '../../core/contract/resources.ts'
import { Failure } from '../../core/contract/failures.ts'
import { until } from './items.ts'
import { keyOf } from './keys.ts'
import { count } from './table.ts'

const minuteMs = 60_000

/** Counts this request; answers the header fields that tell how much is left. */
export const countRequest = async (
  key: Pick<ApiKey, 'id' | 'requestsPerMinute'>,
  bucket: 'read' | 'write',
  now: number,
): Promise<Record<string, string>> => {
  const minute = Math.floor(now / minuteMs)
  const limit = key.requestsPerMinute[bucket]
  const used = await count(keyOf.rate(key.id, bucket, minute), 'requests', 1, until(now, 120))
  const seconds = Math.max(1, Math.ceil(((minute + 1) * minuteMs - now) / 1000))
  if (used > limit)
    throw new Failure('RATE_LIMITED', undefined, { limit, bucket, retryAfterSeconds: seconds })
  return {
    'ratelimit-policy': `"${bucket}";q=${limit};w=60`,
    ratelimit: `"${bucket}";r=${limit - used};t=${seconds}`,
  }
}
