import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTally } from './tally.ts'

const root = join(import.meta.dirname, '..')
let folder: string

// Inside the checkout, so that the sample finds vitest; in build/, where the suite itself does not look.
beforeAll(() => {
  mkdirSync(join(root, 'build'), { recursive: true })
  folder = mkdtempSync(join(root, 'build', 'run-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(source: string, env: Record<string, string> = {}, args: string[] = []) {
  writeFileSync(join(folder, 'sample.test.ts'), source)
  const { CI: _, NOVACRON_CI: __, ...clean } = process.env
  const done = spawnSync(process.execPath, ['test/run.ts', '--root', folder, ...args], {
    cwd: root,
    env: { ...clean, ...env },
    encoding: 'utf8',
  })
  const lines = done.stdout.trim().split('\n')
  return { code: done.status, last: lines.at(-1), lines, tally: readTally(done.stdout) }
}

const header = `import { test, expect } from 'vitest'
import { skipUnless } from '../../test/lacking.ts'
`
const passing = `test('passes', () => expect(1).toBe(1))\n`
const lacking = `skipUnless(false, 'no /dev/kvm here')('boots', () => {})\n`

test('a run that passes ends with its count', () => {
  const done = run(header + passing)
  expect(done).toMatchObject({ code: 0, last: '1 passed, 0 failed' })
})

test('a failure is counted and fails the run', () => {
  const done = run(header + passing + `test('fails', () => expect(1).toBe(2))`)
  expect(done).toMatchObject({ code: 1, last: '1 passed, 1 failed' })
})

test('a skip is counted and its reason printed', () => {
  const done = run(header + passing + lacking)
  expect(done).toMatchObject({ code: 0, last: '1 passed, 0 failed, 1 skipped' })
  expect(done.lines).toContain('skipped: sample.test.ts > boots: no /dev/kvm here')
})

test('a skip is a failure in CI, and everywhere when it gives no reason', () => {
  expect(run(header + passing + lacking, { NOVACRON_CI: '1' }).last).toBe('1 passed, 1 failed')
  expect(run(header + passing + lacking, { CI: 'true' }).code).toBe(1)
  const silent = run(header + passing + `test.skip('later', () => {})`)
  expect(silent).toMatchObject({ code: 1, last: '1 passed, 1 failed' })
})

test('tests that were not asked for by name are not counted as skipped', () => {
  const done = run(header + passing + `test('other', () => {})`, {}, ['-t', 'passes'])
  expect(done).toMatchObject({ code: 0, last: '1 passed, 0 failed' })
})

test('a file that does not load, an error outside any test, and no test at all each fail the run', () => {
  expect(run(`import './absent.ts'`)).toMatchObject({ code: 1, last: '0 passed, 1 failed' })
  const late = `test('passes', () => { setImmediate(() => { throw new Error('late') }) })`
  expect(run(header + late + passing)).toMatchObject({ code: 1, tally: { failed: 1 } })
  expect(run(header + passing, {}, ['no-such-file'])).toMatchObject({
    code: 1,
    last: '0 passed, 1 failed',
  })
})
