import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, run: string, question = 'How large is it?') {
  const source = `export const bench = { name: '${name}', question: '${question}', ${run} }`
  writeFileSync(join(folder, `${name}.ts`), source)
}

function runBench(...args: string[]) {
  const script = join(import.meta.dirname, 'run.ts')
  const run = spawnSync(process.execPath, [script, '--from', folder, ...args], { encoding: 'utf8' })
  const last = run.stdout.trim().split('\n').at(-1) ?? ''
  return { code: run.status, out: run.stdout, err: run.stderr, last }
}

const counts = `async run({ run, size }) {
  return {
    size: { value: size(100, 10), unit: 'items', better: 'more', aim: 50 },
    wait: { value: run * 2, unit: 'ms', better: 'less', aim: 50 },
  }
}`

test('a bench is run several times, and each figure comes with its spread', () => {
  write('tiny', counts)
  const done = runBench('tiny', '--json')
  expect(done.code).toBe(0)
  const answer = JSON.parse(done.last)
  expect(answer).toMatchObject({ ok: true, name: 'tiny', runs: 5, quick: false })
  expect(answer.figures.wait).toMatchObject({ median: 6, min: 2, max: 10, unit: 'ms', met: true })
  expect(answer.figures.wait.values).toEqual([2, 4, 6, 8, 10])
  expect(answer.machine.cores).toBeGreaterThan(0)
  expect(answer.node).toBe(process.versions.node)
  expect(answer.packages.zod).toMatch(/^\d/)
})

test('with --quick it is smaller and runs less often', () => {
  write('tiny', counts)
  const answer = JSON.parse(runBench('tiny', '--json', '--quick').last)
  expect(answer).toMatchObject({
    runs: 2,
    quick: true,
    figures: { size: { median: 10, met: false } },
  })
})

test('people get a table, and with --json nothing but JSON lies on stdout', () => {
  write('tiny', counts)
  expect(runBench('tiny').out).toMatch(/^wait\s+6\s+2\s+10\s+ms\s+less\s+50 met$/m)
  const json = runBench('tiny', '--json')
  expect(json.out.trim().split('\n')).toHaveLength(1)
  expect(json.err).toContain('How large is it?')
})

test('without a name the questions are listed', () => {
  write('tiny', counts)
  write('other', counts, 'How far is it?')
  writeFileSync(join(folder, 'measure.ts'), `throw new Error('not a bench, and not to be loaded')`)
  const { out, code } = runBench()
  expect(code).toBe(0)
  expect(out).toMatch(/other +How far is it\?\ntiny +How large is it\?/)
})

test.each([
  ['an unknown bench', undefined, 'BENCH_UNKNOWN'],
  ['a bench that throws', `async run() { throw new Error('no disk') }`, 'BENCH_FAILED'],
  ['a bench that does not load', 'run: absent', 'BENCH_MALFORMED'],
  ['a bench without figures', 'async run() { return {} }', 'BENCH_MALFORMED'],
  [
    'a figure that is no number',
    `async run() { return { a: { value: 0 / 0, unit: 'ms', better: 'less' } } }`,
    'BENCH_MALFORMED',
  ],
  [
    'a figure that comes and goes',
    `async run({ run }) { return { ['a' + run]: { value: 1, unit: 'ms', better: 'less' } } }`,
    'BENCH_MALFORMED',
  ],
])('%s is named', (_, run, code) => {
  if (run) write('bad', run)
  const done = runBench('bad', '--json')
  expect(done.code).toBe(1)
  expect(done.err).toContain(code)
  expect(JSON.parse(done.last)).toMatchObject({ ok: false, code })
})

test('a wrong option is named', () => {
  expect(runBench('tiny', '--fast').err).toContain('BENCH_USAGE')
})
