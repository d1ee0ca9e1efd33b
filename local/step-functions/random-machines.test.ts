import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../core/clock.ts'
import { failure, machine, rehearse, task } from './rehearsal.ts'

/** What a random machine does with a number, which is also what a model of it can work out. */
type Step =
  | { kind: 'add'; n: number }
  | { kind: 'wait'; seconds: number }
  | { kind: 'call'; failures: number }
  | { kind: 'fork'; branches: Step[][] }
  | { kind: 'each'; items: number; atOnce: number; inside: Step[] }

const { steps } = fc.letrec<{ step: Step; steps: Step[] }>((tie) => ({
  steps: fc.array(tie('step'), { minLength: 1, maxLength: 3, depthIdentifier: 'steps' }),
  step: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'steps' },
    fc.record({ kind: fc.constant('add' as const), n: fc.nat(9) }),
    fc.record({ kind: fc.constant('wait' as const), seconds: fc.nat(3) }),
    fc.record({ kind: fc.constant('call' as const), failures: fc.nat(4) }),
    fc.record({
      kind: fc.constant('fork' as const),
      branches: fc.array(tie('steps'), { minLength: 1, maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constant('each' as const),
      items: fc.nat(3),
      atOnce: fc.nat(2),
      inside: tie('steps'),
    }),
  ),
}))

/** The number that comes out, or undefined when something gives up: a call survives three failures. */
function model(all: Step[], start: number): number | undefined {
  return all.reduce<number | undefined>(
    (n, step) => (n === undefined ? undefined : after(step, n)),
    start,
  )
}

function after(step: Step, n: number): number | undefined {
  if (step.kind === 'add') return n + step.n
  if (step.kind === 'wait') return n
  if (step.kind === 'call') return step.failures <= 3 ? n + 1 : undefined
  const parts =
    step.kind === 'fork'
      ? step.branches.map((branch) => model(branch, n))
      : Array.from({ length: step.items }, (_, index) => model(step.inside, n + index))
  return parts.reduce(
    (sum, part) => (sum === undefined || part === undefined ? undefined : sum + part),
    0,
  )
}

/** The same as a definition. */
function scopeOf(all: Step[], prefix = 's'): { StartAt: string; States: Record<string, object> } {
  const states = all.map((step, index): [string, object] => {
    const name = `${prefix}${index}`
    const on = index === all.length - 1 ? { End: true } : { Next: `${prefix}${index + 1}` }
    return [name, { ...stateOf(step, name), ...on }]
  })
  return { StartAt: `${prefix}0`, States: Object.fromEntries(states) }
}

function stateOf(step: Step, name: string): object {
  const sum = '{% $sum($states.result) %}'
  switch (step.kind) {
    case 'add':
      return { Type: 'Pass', Output: `{% $states.input + ${step.n} %}` }
    case 'wait':
      return { Type: 'Wait', Seconds: step.seconds }
    case 'call':
      return task('call', {
        Arguments: {
          FunctionName: 'call',
          Payload: {
            n: '{% $states.input %}',
            fails: `{% $states.context.State.RetryCount < ${step.failures} %}`,
          },
        },
        Retry: [{ ErrorEquals: ['Busy'], BackoffRate: 1 }],
      })
    case 'fork':
      return {
        Type: 'Parallel',
        Branches: step.branches.map((branch, index) => scopeOf(branch, `${name}b${index}s`)),
        Output: sum,
      }
    case 'each':
      return {
        Type: 'Map',
        Items: `{% [$range(1, ${step.items}, 1)] %}`,
        ItemSelector: '{% $states.input + $states.context.Map.Item.Index %}',
        MaxConcurrency: step.atOnce,
        ItemProcessor: scopeOf(step.inside, `${name}s`),
        Output: sum,
      }
  }
}

const functions = {
  call: ({ n, fails }: { n: number; fails: boolean }) => {
    if (fails) throw failure('Busy')
    return n + 1
  },
}

test(
  'a random machine, killed after any of its transitions, does what its model says',
  { timeout: 30_000 },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'step-functions-'))
    let file = 0
    const run = async (all: Step[]) => {
      const path = join(directory, `${file++}.sqlite`)
      const images: { image: string; now: number }[] = []
      const clock = new ManualClock()
      class Watched extends DatabaseSync {
        override exec(sql: string): void {
          super.exec(sql)
          if (sql !== 'COMMIT') return
          const image = `${path}-${images.length}`
          copyFileSync(path, image)
          images.push({ image, now: clock.now() })
        }
      }
      const db = new Watched(path)
      db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF')
      const { StartAt, States } = scopeOf(all)
      const home = rehearse(machine(StartAt, States), functions, { db, clock })
      const arn = await home.start(1, 'it')
      await home.untilTheEnd()
      const modelled = model(all, 1)
      const expected =
        modelled === undefined
          ? { status: 'FAILED', error: 'Busy' }
          : { status: 'SUCCEEDED', output: modelled }
      expect(await home.outcome(arn)).toMatchObject(expected)
      db.close()
      for (const { image, now } of images.slice(2)) {
        const again = rehearse(undefined, functions, {
          db: new DatabaseSync(image),
          clock: new ManualClock(now),
        })
        await again.untilTheEnd()
        expect(await again.outcome(arn)).toMatchObject(expected)
        again.db.close()
      }
    }
    await fc.assert(fc.asyncProperty(steps, run), { numRuns: 30 })
    rmSync(directory, { recursive: true })
  },
)
