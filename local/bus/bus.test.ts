import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import type { Invoke } from '../lambda/adversity.ts'
import { silent } from '../log.ts'
import { Bus, maximumAttempts } from './bus.ts'

let directory: string
let clock: ManualClock
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bus-'))
  clock = new ManualClock()
})
afterEach(() => rmSync(directory, { recursive: true }))

const rules = { 'triggers/a': { kind: ['one', 'both'] }, 'triggers/b': { kind: ['both'] } }

const openBus = (invoke: Invoke) => {
  const db = new DatabaseSync(join(directory, 'bus.sqlite'))
  const bus = new Bus({ db, clock, log: silent, invoke, rules })
  return {
    bus,
    close: async () => {
      await bus.close()
      db.close()
    },
  }
}

test('an event reaches everybody whose pattern it matches, once when all goes well', async () => {
  const calls: unknown[] = []
  const { bus, close } = openBus(async (name, event) => void calls.push([name, event]))
  bus.put({ id: '1', kind: 'both' } as { id: string })
  bus.put({ id: '2', kind: 'one' } as { id: string })
  bus.put({ id: '3', kind: 'none' } as { id: string })
  await bus.idle()
  expect(calls).toEqual([
    ['triggers/a', { id: '1', kind: 'both' }],
    ['triggers/b', { id: '1', kind: 'both' }],
    ['triggers/a', { id: '2', kind: 'one' }],
  ])
  await close()
})

test('a failing trigger is called again, later and later, and delays nobody else', async () => {
  const at: number[] = []
  let others = 0
  const { bus, close } = openBus(async (name) => {
    if (name === 'triggers/b') return void others++
    at.push(clock.now())
    if (at.length < 5) throw new Error('not yet')
  })
  const start = clock.now()
  bus.put({ id: '1', kind: 'both' } as { id: string })
  await bus.idle()
  expect(others).toBe(1)
  await clock.advance(60_000)
  await bus.idle()
  expect(at.map((moment) => moment - start)).toEqual([0, 100, 300, 700, 1500])
  expect(bus.parked()).toEqual([])
  await close()
})

test('an event that keeps failing is parked, with why, and others go on', async () => {
  const seen: string[] = []
  const { bus, close } = openBus(async (_, event) => {
    const { id } = event as { id: string }
    seen.push(id)
    if (id === 'poison') throw new TypeError('cannot read it')
  })
  bus.put({ id: 'poison', kind: 'one' } as { id: string })
  await bus.idle()
  await clock.advance(3_600_000)
  bus.put({ id: 'fine', kind: 'one' } as { id: string })
  await bus.idle()
  expect(seen.filter((id) => id === 'poison')).toHaveLength(maximumAttempts)
  expect(seen.at(-1)).toBe('fine')
  expect(bus.parked()).toMatchObject([
    {
      eventId: 'poison',
      target: 'triggers/a',
      attempts: maximumAttempts,
      error: 'TypeError: cannot read it',
    },
  ])
  await close()
})

test('what was not delivered before a restart is delivered after it', async () => {
  const before = openBus(() => Promise.reject(new Error('down')))
  before.bus.put({ id: '1', kind: 'one' } as { id: string })
  await before.bus.idle()
  await before.close()

  const calls: unknown[] = []
  const after = openBus(async (name, event) => void calls.push([name, event]))
  after.bus.start()
  await clock.advance(1_000)
  await after.bus.idle()
  expect(calls).toEqual([['triggers/a', { id: '1', kind: 'one' }]])
  await after.close()
})

test('the same event put twice before it is delivered is delivered once', async () => {
  let calls = 0
  const { bus, close } = openBus(async () => void calls++)
  bus.put({ id: '1', kind: 'one' } as { id: string })
  bus.put({ id: '1', kind: 'one' } as { id: string })
  await bus.idle()
  expect(calls).toBe(1)
  await close()
})
