/**
 * Chance that can be had again: one seed per test file, told when a test fails, and taken from NOVACRON_SEED where
 * that is given. What waits for the machine still takes its own time.
 */
import { randomInt } from 'node:crypto'
import { beforeEach, onTestFailed } from 'vitest'
import { seededRandom } from '../node-agent/hypervisor/seeded-random.ts'

export const seed = Number(process.env.NOVACRON_SEED ?? randomInt(1, 2 ** 31))

/** From 0 up to 1, as the seed has it. */
export const chanceOf = (from: number): (() => number) => {
  const bytes = seededRandom(from)
  return () => Buffer.from(bytes(4)).readUInt32BE() / 2 ** 32
}

export const chance = chanceOf(seed)

beforeEach(() => {
  onTestFailed(() => console.error(`To have the same chance again: NOVACRON_SEED=${seed}`))
})
