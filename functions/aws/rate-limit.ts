/** Requests of a key are counted by the minute, reads and writes apart; over the limit they are refused with Retry-After. */
import type { ApiKey } from '../../core/contract/resources.ts'
import { Failure } from '../../core/contract/failures.ts'
import { until } from './items.ts'
import { keyOf } from './keys.ts'
import { count } from './commit.ts'

const minuteMs = 60_000

/** Counts this request: what is left, as header fields, and the refusal if nothing was. */
export const countRequest = async (
  key: Pick<ApiKey, 'id' | 'requestsPerMinute'>,
  bucket: 'read' | 'write',
  now: number,
): Promise<{ used: Record<string, string>; refusal: Failure | undefined }> => {
  const minute = Math.floor(now / minuteMs)
  const limit = key.requestsPerMinute[bucket]
  const requests = await count(keyOf.rate(key.id, bucket, minute), 'requests', 1, until(now, 120))
  const retryAfterSeconds = Math.max(1, Math.ceil(((minute + 1) * minuteMs - now) / 1000))
  const left = Math.max(0, limit - requests)
  const used = {
    'ratelimit-policy': `"${bucket}";q=${limit};w=60`,
    ratelimit: `"${bucket}";r=${left};t=${retryAfterSeconds}`,
  }
  const params = { limit, bucket, retryAfterSeconds }
  const detail = `This key has used its ${limit} ${bucket} requests of this minute.`
  const refusal = requests > limit ? new Failure('RATE_LIMITED', detail, params) : undefined
  return { used, refusal }
}
