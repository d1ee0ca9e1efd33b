/** No input, output, argument or result may be larger than the service allows. */
import { StateError, type Failure } from '../errors.ts'
import { jsonBytes, type Json } from '../json.ts'
import { maxPayloadBytes } from '../limits.ts'

export function excessOf(value: Json, what: string): Failure | undefined {
  if (jsonBytes(value) <= maxPayloadBytes) return undefined
  const cause = `${what} is larger than ${maxPayloadBytes} bytes`
  return { error: 'States.DataLimitExceeded', cause }
}

export function limitPayload(value: Json, what: string): void {
  const excess = excessOf(value, what)
  if (excess) throw new StateError(excess.error, excess.cause)
}
