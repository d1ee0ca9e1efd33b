/** Random bytes that are the same for the same seed (xorshift32): a simulation can be run again. Never for secrets. */
import type { RandomBytes } from '../../core/ids.ts'

export const seededRandom = (seed: number): RandomBytes => {
  let state = seed >>> 0 || 0x9e3779b9
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
  for (let warm = 0; warm < 8; warm += 1) next()
  return (size) => Uint8Array.from({ length: size }, () => next() >>> 24)
}
