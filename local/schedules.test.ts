import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../core/clock.ts'
import { silent } from './log.ts'
import { Schedules } from './schedules.ts'

let directory: string
let clock: ManualClock
let start: number
let calls: [name: string, seconds: number][]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'schedules-'))
  clock = new ManualClock()
  start = clock.now()
  calls = []
})
afterEach(() => rmSync(directory, { recursive: true }))

const note = async (name: string) => void calls.push([name, (clock.now() - start) / 1000])

const open = (everySeconds: Record<string, number>, invoke: (name: string) => Promise<unknown>) => {
  const db = new DatabaseSync(join(directory, 'schedules.sqlite'))
  const schedules = new Schedules({ db, clock, log: silent, invoke, everySeconds })
  schedules.start()
  return {
    schedules,
    close: async () => {
      await schedules.close()
      db.close()
    },
  }
}

test('each function is called at its own pace', async () => {
  const { close } = open({ slow: 60, fast: 25 }, note)
  await clock.advance(120_000)
  expect(calls).toEqual([
    ['fast', 25],
    ['fast', 50],
    ['slow', 60],
    ['fast', 75],
    ['fast', 100],
    ['slow', 120],
  ])
  await close()
})

test('the event says when the call was due', async () => {
  let event: unknown
  const invoke = async (_: string, given?: unknown) => void (event = given)
  const { close } = open({ 'triggers/sweep': 60 }, invoke)
  await clock.advance(60_000)
  expect(event).toMatchObject({
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    time: new Date(start + 60_000).toISOString(),
    resources: ['arn:aws:events:local:000000000000:rule/triggers/sweep'],
  })
  await close()
})

test('a restart does not begin to count anew', async () => {
  const before = open({ sweep: 60 }, note)
  await clock.advance(50_000)
  await before.close()
  const after = open({ sweep: 60 }, note)
  await clock.advance(10_000)
  expect(calls).toEqual([['sweep', 60]])
  await after.close()
})

test('calls missed while nothing ran become one, and the pace is kept', async () => {
  const before = open({ sweep: 60 }, note)
  await before.close()
  await clock.advance(250_000)
  const after = open({ sweep: 60 }, note)
  await after.schedules.idle()
  expect(calls).toEqual([['sweep', 250]])
  await clock.advance(50_000)
  expect(calls).toEqual([
    ['sweep', 250],
    ['sweep', 300],
  ])
  await after.close()
})

test('a call that fails is made again when the next one is due', async () => {
  const { close } = open({ sweep: 60 }, async (name) => {
    await note(name)
    throw new Error('down')
  })
  await clock.advance(120_000)
  expect(calls).toEqual([
    ['sweep', 60],
    ['sweep', 120],
  ])
  await close()
})

test('a call that takes longer than its pace is not overtaken', async () => {
  const { close } = open({ sweep: 10 }, async (name) => {
    await note(name)
    await clock.sleep(25_000)
  })
  await clock.advance(60_000)
  expect(calls).toEqual([
    ['sweep', 10],
    ['sweep', 40],
  ])
  const closed = close()
  await clock.advance(60_000)
  await closed
})

test('a call that cannot be noted does not end anything and is not made again, and is noted when that works', async () => {
  const db = new DatabaseSync(join(directory, 'schedules.sqlite'))
  const facts: string[] = []
  const log = (fact: string) => void facts.push(fact)
  const schedules = new Schedules({ db, clock, log, invoke: note, everySeconds: { sweep: 60 } })
  schedules.start()
  db.exec('PRAGMA query_only = ON')
  await clock.advance(70_000)
  expect(calls).toEqual([['sweep', 60]])
  expect(facts).toEqual(['schedule.storing.failing'])
  db.exec('PRAGMA query_only = OFF')
  await clock.advance(60_000)
  expect(calls).toEqual([
    ['sweep', 60],
    ['sweep', 120],
  ])
  expect(facts).toEqual(['schedule.storing.failing', 'schedule.storing.works-again'])
  await schedules.close()
  db.close()
})
