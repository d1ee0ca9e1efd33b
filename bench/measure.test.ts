import { expect, test } from 'vitest'
import { compare, median, percentile, rate, spread, timeEach } from './measure.ts'

test('a percentile lies between its neighbours', () => {
  expect(percentile([4, 1, 3, 2], 0)).toBe(1)
  expect(percentile([4, 1, 3, 2], 1)).toBe(4)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(percentile([10, 20], 0.25)).toBe(12.5)
  expect(percentile([7], 0.95)).toBe(7)
})

test('a percentile of nothing, or of an impossible share, is refused', () => {
  expect(() => percentile([], 0.5)).toThrow(RangeError)
  expect(() => percentile([1], 95)).toThrow(RangeError)
})

test('a spread is the median between the extremes', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
})

test('every call after the warm-up is timed', async () => {
  let calls = 0
  const taken = await timeEach(() => calls++, { times: 20, warmUp: 5 })
  expect(calls).toBe(25)
  expect(taken).toHaveLength(20)
  expect(taken.every((ms) => ms >= 0)).toBe(true)
})

test('a rate counts each call once, however many are in flight', async () => {
  let calls = 0
  let inFlight = 0
  let most = 0
  const action = async () => {
    calls++
    most = Math.max(most, ++inFlight)
    await new Promise((resolve) => setImmediate(resolve))
    inFlight--
  }
  expect(await rate(action, { times: 30, warmUp: 0, inFlight: 4 })).toBeGreaterThan(0)
  expect(calls).toBe(30)
  expect(most).toBe(4)
})

test('two variants take turns, and every other pair begins with the second', async () => {
  const order: string[] = []
  const { ratio, firstMs } = await compare(
    () => order.push('A'),
    () => order.push('B'),
    { times: 4, warmUp: 0 },
  )
  expect(order.join('')).toBe('ABBAABBA')
  expect(ratio.min).toBeLessThanOrEqual(ratio.max)
  expect(firstMs.median).toBeGreaterThanOrEqual(0)
})

test('an aborted measurement stops', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(timeEach(() => 1, { times: 5, signal })).rejects.toThrow('enough')
})
