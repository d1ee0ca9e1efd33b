import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import type { Json } from './json.ts'
import { callback, failure, machine, rehearse, task, type Rehearsal } from './rehearsal.ts'
import type { StatusEvent } from './status-event.ts'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'step-functions-'))
  file = join(directory, 'home.sqlite')
})

afterEach(() => rmSync(directory, { recursive: true }))

function open(path = file): DatabaseSync {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  return db
}

describe('after a restart', () => {
  const waits = machine('A', { A: { Type: 'Wait', Seconds: 60, End: true } })

  test.each([
    ['goes on until its stored moment', 20_000, 40_000],
    ['ends at once when its moment passed meanwhile', 300_000, 0],
  ])('a Wait %s', async (_says, away, left) => {
    const before = rehearse(waits, {}, { db: open() })
    const arn = await before.start('in')
    await before.engine.close()
    before.db.close()

    const clock = new ManualClock(before.clock.now() + away)
    const after = rehearse(undefined, {}, { db: open(), clock })
    await after.engine.idle()
    expect(clock.nextIn() ?? 0).toBe(left)
    await after.untilTheEnd()
    expect(await after.outcome(arn)).toEqual({ status: 'SUCCEEDED', output: 'in' })
    expect(clock.now()).toBe(before.clock.now() + away + left)
  })

  test('an execution follows the definition it started with; new ones follow the new one', async () => {
    const withOutput = (output: string) =>
      machine('A', {
        A: { Type: 'Wait', Seconds: 60, Next: 'B' },
        B: { Type: 'Pass', Output: `{% "${output}" %}`, End: true },
      })
    const before = rehearse(withOutput('old'), {}, { db: open() })
    const old = await before.start()
    await before.engine.close()
    before.db.close()

    const after = rehearse(withOutput('new'), {}, { db: open() })
    const fresh = await after.start()
    await after.untilTheEnd()
    expect((await after.outcome(old)).output).toBe('old')
    expect((await after.outcome(fresh)).output).toBe('new')
  })

  test('a function that had not answered is called again with the same token', async () => {
    const tokens: string[] = []
    const asks = machine('A', { A: callback('asks') })
    const keep = ({ token }: { token: string }) => tokens.push(token)
    const never = (handed: { token: string }) => {
      keep(handed)
      return new Promise(() => {})
    }
    const before = rehearse(asks, { asks: never }, { db: open() })
    await before.call('StartExecution', {
      stateMachineArn: 'arn:aws:states:local:000000000000:stateMachine:machine',
      name: 'it',
    })
    while (tokens.length === 0) await new Promise(setImmediate)
    await before.engine.close()
    before.db.close()

    const after = rehearse(undefined, { asks: keep }, { db: open() })
    await after.engine.idle()
    expect(tokens).toHaveLength(2)
    expect(tokens[1]).toBe(tokens[0])
    await after.call('SendTaskSuccess', { taskToken: tokens[0]!, output: '"done"' })
    const arn = 'arn:aws:states:local:000000000000:execution:machine:it'
    expect(await after.outcome(arn)).toEqual({ status: 'SUCCEEDED', output: 'done' })
  })

  test('a function that had answered is not called again, and its token still counts', async () => {
    const tokens: string[] = []
    const functions = { asks: ({ token }: { token: string }) => tokens.push(token) }
    const before = rehearse(machine('A', { A: callback('asks') }), functions, { db: open() })
    const arn = await before.start()
    await before.engine.close()
    before.db.close()

    const after = rehearse(undefined, functions, { db: open() })
    await after.engine.idle()
    expect(tokens).toHaveLength(1)
    await after.call('SendTaskSuccess', { taskToken: tokens[0]!, output: '"done"' })
    expect((await after.outcome(arn)).output).toBe('done')
  })

  test('a closed engine tells nobody that something was stored', async () => {
    const tokens: string[] = []
    const functions = { asks: ({ token }: { token: string }) => tokens.push(token) }
    const home = rehearse(machine('A', { A: callback('asks') }), functions, { db: open() })
    await home.start()
    await home.engine.close()
    const sent = home.call('SendTaskSuccess', { taskToken: tokens[0]!, output: '1' })
    await expect(sent).rejects.toThrow('closed')
    home.db.close()
  })
})

/** A machine with everything in it that can be interrupted. */
const everything = machine('First', {
  First: task('flaky', {
    Arguments: { FunctionName: 'flaky', Payload: '{% $states.context.State.RetryCount %}' },
    Retry: [{ ErrorEquals: ['Busy'], JitterStrategy: 'FULL' }],
    Assign: { first: '{% $states.result.Payload %}' },
    Next: 'Which',
  }),
  Which: {
    Type: 'Choice',
    Choices: [{ Condition: '{% $first = "third time" %}', Next: 'Ask' }],
    Default: 'Wrong',
  },
  Wrong: { Type: 'Fail', Error: 'Wrong' },
  Ask: callback('ask', {
    Arguments: {
      FunctionName: 'ask',
      Payload: {
        token: '{% $states.context.Task.Token %}',
        ignore: '{% $states.context.State.RetryCount = 0 %}',
      },
    },
    HeartbeatSeconds: 5,
    Retry: [{ ErrorEquals: ['States.HeartbeatTimeout'], MaxAttempts: 2 }],
    Next: 'Fork',
  }),
  Fork: {
    Type: 'Parallel',
    Branches: [
      { StartAt: 'Rest', States: { Rest: { Type: 'Wait', Seconds: 3, End: true } } },
      {
        StartAt: 'Each',
        States: {
          Each: {
            Type: 'Map',
            Items: [1, 2, 3],
            MaxConcurrency: 2,
            ItemProcessor: { StartAt: 'Square', States: { Square: task('square') } },
            End: true,
          },
        },
      },
      {
        StartAt: 'Breaks',
        States: {
          Breaks: task('breaks', {
            Next: 'Mended',
            Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Mended' }],
          }),
          Mended: { Type: 'Pass', Output: '{% $states.input.Error %}', End: true },
        },
      },
    ],
    Output: '{% {"first": $first, "asked": $states.input, "forked": $states.result} %}',
    Next: 'Last',
  },
  Last: { Type: 'Succeed' },
})

const expected: Json = {
  first: 'third time',
  asked: 'answered',
  forked: ['answered', [1, 4, 9], 'Broken'],
}

/** What stands outside the engine: who holds tokens, and who was told of status changes. */
interface Outside {
  mailbox: string[]
  told: string[]
}

function inhabit(outside: Outside, options: object): Rehearsal {
  const functions = {
    flaky: (retries: number) => {
      if (retries < 2) throw failure('Busy')
      return 'third time'
    },
    ask: ({ token, ignore }: { token: string; ignore: boolean }) => {
      if (!ignore) outside.mailbox.push(token)
    },
    square: (n: number) => n * n,
    breaks: () => {
      throw failure('Broken')
    },
  }
  const onStatusChange = async ({ detail }: StatusEvent) => void outside.told.push(detail.status)
  return rehearse(undefined, functions, { ...options, onStatusChange })
}

/** Lets the world run to its end: time passes, and whoever holds a token answers. */
async function liveOn(home: Rehearsal, outside: Outside): Promise<void> {
  for (;;) {
    await home.engine.idle()
    const token = outside.mailbox.pop()
    if (token !== undefined) {
      await home.call('SendTaskSuccess', { taskToken: token, output: '"answered"' }).catch(() => {})
      continue
    }
    const next = home.clock.nextIn()
    if (next === undefined) return
    await home.clock.advance(next)
  }
}

describe('killed after any of its transitions', () => {
  test('an execution ends the same', async () => {
    const images: { path: string; now: number; outside: Outside }[] = []
    const outside: Outside = { mailbox: [], told: [] }
    const clock = new ManualClock()

    /** Copies the file and its write-ahead log after each commit, as a kill would leave them. */
    class Watched extends DatabaseSync {
      override exec(sql: string): void {
        super.exec(sql)
        if (sql !== 'COMMIT') return
        const path = join(directory, `image-${images.length}.sqlite`)
        copyFileSync(file, path)
        copyFileSync(`${file}-wal`, `${path}-wal`)
        images.push({ path, now: clock.now(), outside: structuredClone(outside) })
      }
    }
    const db = new Watched(file)
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    const home = inhabit(outside, { db, clock })
    home.engine.define('machine', everything, {})
    const arn = await home.start({}, 'it')
    await liveOn(home, outside)
    expect(await home.outcome(arn)).toEqual({ status: 'SUCCEEDED', output: expected })
    expect(outside.told).toEqual(['RUNNING', 'SUCCEEDED'])
    const told = home.transcript(arn)
    db.close()

    const begun = images.slice(1)
    expect(begun.length).toBeGreaterThan(20)
    for (const image of begun) {
      const again = inhabit(image.outside, {
        db: open(image.path),
        clock: new ManualClock(image.now),
      })
      await liveOn(again, image.outside)
      expect(await again.outcome(arn)).toEqual({ status: 'SUCCEEDED', output: expected })
      expect(again.transcript(arn)).toBe(told)
      expect(image.outside.told).toContain('SUCCEEDED')
      expect(again.db.prepare('SELECT count(*) AS rows FROM sfn_frame').get()).toEqual({ rows: 0 })
      await again.engine.close()
      again.db.close()
    }
  })
})

describe('what cannot be stored', () => {
  test('is neither acknowledged nor lost: it is tried again', async () => {
    let full = false
    class Full extends DatabaseSync {
      override exec(sql: string): void {
        if (full && sql === 'COMMIT') throw new Error('database or disk is full')
        super.exec(sql)
      }
    }
    const answers: (() => void)[] = []
    const definition = machine('A', { A: task('f') })
    const functions = { f: () => new Promise((resolve) => answers.push(() => resolve('answer'))) }
    const home = rehearse(definition, functions, { db: new Full(file) })
    const started = await home.call('StartExecution', {
      stateMachineArn: 'arn:aws:states:local:000000000000:stateMachine:machine',
      name: 'it',
    })
    while (answers.length === 0) await new Promise(setImmediate)
    full = true
    answers[0]!()
    await home.engine.idle()
    const arn = String(started.executionArn)
    expect((await home.outcome(arn)).status).toBe('RUNNING')
    await expect(home.start()).rejects.toThrow('full')
    full = false
    await home.untilTheEnd()
    expect(await home.outcome(arn)).toEqual({ status: 'SUCCEEDED', output: 'answer' })
    expect(answers).toHaveLength(1)
  })
})
