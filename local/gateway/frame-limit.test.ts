import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { frameLimit } from './frame-limit.ts'
import { socketFrameBytes } from './gateway-limits.ts'

/** A client's frame as RFC 6455 writes it. */
const frame = (size: number) => {
  const length =
    size < 126
      ? Buffer.from([0x80 | size])
      : size < 65_536
        ? Buffer.from([0x80 | 126, size >> 8, size & 0xff])
        : Buffer.concat([Buffer.from([0x80 | 127, 0, 0, 0, 0]), uint32(size)])
  return Buffer.concat([Buffer.from([0x82]), length, Buffer.alloc(4), Buffer.alloc(size, 0xff)])
}
const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

test('counts the frames over the limit, however the stream is cut', () => {
  const sizes = fc.constantFrom(
    0,
    1,
    125,
    126,
    1_000,
    socketFrameBytes,
    socketFrameBytes + 1,
    70_000,
  )
  fc.assert(
    fc.property(
      fc.array(sizes, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 }),
      (frames, cuts) => {
        let tooLarge = 0
        const watch = frameLimit(() => tooLarge++)
        let rest = Buffer.concat(frames.map(frame))
        for (let turn = 0; rest.length > 0; turn++) {
          const cut = cuts[turn % cuts.length]!
          watch(rest.subarray(0, cut))
          rest = rest.subarray(cut)
        }
        expect(tooLarge).toBe(frames.filter((size) => size > socketFrameBytes).length)
      },
    ),
    { numRuns: 50 },
  )
})
