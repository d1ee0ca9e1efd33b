import { expect, test } from 'vitest'
import { Lanes, type Job } from './lanes.ts'

const opened = (parallel = 8) => {
  const end = new AbortController()
  const bugs: unknown[] = []
  return { lanes: new Lanes(parallel, end.signal, (bug) => bugs.push(bug)), end, bugs }
}

/** A job that runs until it is let go, noting what happens to it. */
const job = (vmId: string, name: string, log: string[], overtakes = false) => {
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const given: Job = {
    vmId,
    overtakes,
    run: async (signal) => {
      log.push(`${name} begins`)
      begun.resolve()
      const aborted = new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
      try {
        await Promise.race([gate.promise, aborted])
      } catch (error) {
        log.push(`${name} interrupted`)
        throw error
      }
      log.push(`${name} ends`)
    },
  }
  return { job: given, begun: begun.promise, go: gate.resolve }
}

test('one VM’s jobs run one after the other, another VM’s beside them', async () => {
  const { lanes } = opened()
  const log: string[] = []
  const [one, two, other] = [job('a', '1', log), job('a', '2', log), job('b', 'other', log)]
  for (const each of [one, two, other]) lanes.add(each.job)
  await Promise.all([one.begun, other.begun])
  expect(log).toEqual(['1 begins', 'other begins'])
  one.go()
  await two.begun
  two.go()
  other.go()
  await lanes.settled()
  expect(log.slice(2, 4)).toEqual(['1 ends', '2 begins'])
})

test('no more run at once than was said', async () => {
  const { lanes } = opened(2)
  const log: string[] = []
  const jobs = ['a', 'b', 'c'].map((name) => job(name, name, log))
  for (const each of jobs) lanes.add(each.job)
  await jobs[1]!.begun
  expect(log).toEqual(['a begins', 'b begins'])
  jobs[0]!.go()
  await jobs[2]!.begun
  for (const each of jobs) each.go()
  await lanes.settled()
})

test('what ends a VM interrupts what is under way; that takes its turn again afterwards', async () => {
  const { lanes } = opened()
  const log: string[] = []
  const [slow, queued, end] = [
    job('a', 'slow', log),
    job('a', 'queued', log),
    job('a', 'end', log, true),
  ]
  lanes.add(slow.job)
  lanes.add(queued.job)
  await slow.begun
  lanes.add(end.job)
  await end.begun
  for (const each of [slow, queued, end]) each.go()
  await lanes.settled()
  expect(log).toEqual([
    'slow begins',
    'slow interrupted',
    'end begins',
    'end ends',
    'slow begins',
    'slow ends',
    'queued begins',
    'queued ends',
  ])
})

test('two that end a VM do not interrupt each other', async () => {
  const { lanes } = opened()
  const log: string[] = []
  const [first, second] = [job('a', '1', log, true), job('a', '2', log, true)]
  lanes.add(first.job)
  await first.begun
  lanes.add(second.job)
  first.go()
  second.go()
  await lanes.settled()
  expect(log).toEqual(['1 begins', '1 ends', '2 begins', '2 ends'])
})

test('a job added the moment a lane empties is run', async () => {
  const { lanes } = opened()
  const log: string[] = []
  for (let round = 0; round < 50; round += 1) {
    const each = job('a', String(round), log)
    each.go()
    lanes.add(each.job)
    await each.begun
    for (let tick = 0; tick < round % 7; tick += 1) await Promise.resolve()
  }
  await lanes.settled()
  expect(log.filter((line) => line.endsWith('ends'))).toHaveLength(50)
})

test('closing interrupts everything and leaves what waits; a bug in one job does not stop the next', async () => {
  const { lanes, end, bugs } = opened(1)
  const log: string[] = []
  const bug: Job = { vmId: 'a', overtakes: false, run: () => Promise.reject(new Error('bug')) }
  const [slow, waiting] = [job('a', 'slow', log), job('b', 'waiting', log)]
  lanes.add(bug)
  lanes.add(slow.job)
  lanes.add(waiting.job)
  await slow.begun
  end.abort(new Error('closing'))
  await lanes.settled()
  expect(log).toEqual(['slow begins', 'slow interrupted'])
  expect(bugs.map(String)).toEqual(['Error: bug'])
})
