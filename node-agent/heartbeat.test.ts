import { expect, test } from 'vitest'
import { ManualClock } from '../core/clock.ts'
import { Heartbeat } from './heartbeat.ts'

const beating = (everyMs: number) => {
  const clock = new ManualClock(0)
  const sent: [number, number][] = []
  const heartbeat = new Heartbeat(everyMs, clock, async ({ percent }) => {
    sent.push([clock.now(), percent])
  })
  return { clock, sent, heartbeat }
}

test('without any headway it beats as often as it was asked to', async () => {
  const { clock, sent, heartbeat } = beating(10_000)
  await clock.advance(31_000)
  expect(sent.map(([at]) => at)).toEqual([10_000, 20_000, 30_000])
  await heartbeat.stop()
})

test('however often there is headway, it says so at most twice a second, and the latest', async () => {
  const { clock, sent, heartbeat } = beating(10_000)
  for (let percent = 0; percent < 100; percent += 1) {
    heartbeat.tell({ percent, etaMs: null })
    await clock.advance(20)
  }
  const gaps = sent.map(([at], index) => at - (sent[index - 1]?.[0] ?? 0))
  expect(gaps.length).toBeGreaterThanOrEqual(3)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500)
  for (const [at, percent] of sent) expect(percent).toBeGreaterThanOrEqual(at / 20 - 2)
  await heartbeat.stop()
})

test('stopped, it is silent', async () => {
  const { clock, sent, heartbeat } = beating(1000)
  heartbeat.tell({ percent: 1, etaMs: null })
  await heartbeat.stop()
  await clock.advance(60_000)
  expect(sent).toEqual([])
})
