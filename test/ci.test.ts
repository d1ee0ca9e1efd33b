import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
let folder: string

beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'ci-'))
  fs.mkdirSync(join(folder, '.ci'))
  fs.copyFileSync(join(root, '.ci', 'run'), join(folder, '.ci', 'run'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

/** Runs CI with an npm that prints and exits as told, first for `npm test`, then for the check. */
function ci(tests: string, check: string) {
  const npm = `#!/bin/sh\nif [ "$1" = test ]; then\n${tests}\nelse\n${check}\nfi\n`
  fs.writeFileSync(join(folder, 'npm'), npm, { mode: 0o755 })
  const run = spawnSync(join(folder, '.ci', 'run'), {
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
    encoding: 'utf8',
  })
  return { code: run.status, last: run.stdout.trim().split('\n').at(-1) }
}

test('CI ends with the sum of its stages', () => {
  const done = ci('echo "40 passed, 0 failed"', 'echo "3 passed, 0 failed"')
  expect(done).toEqual({ code: 0, last: '43 passed, 0 failed' })
})

test('CI fails when a stage counts a failure, and does not count it twice', () => {
  const done = ci('echo "40 passed, 2 failed"; exit 1', 'echo "3 passed, 0 failed"')
  expect(done).toEqual({ code: 1, last: '43 passed, 2 failed' })
})

test('CI fails when a stage ends badly without counting a failure, or counts nothing', () => {
  expect(ci('echo "40 passed, 0 failed"; exit 3', 'echo "3 passed, 0 failed"')).toEqual({
    code: 1,
    last: '43 passed, 1 failed',
  })
  expect(ci('true', 'echo "3 passed, 0 failed"')).toEqual({ code: 1, last: '3 passed, 1 failed' })
})

test('CI says that it is CI, so that a skip is a failure', () => {
  const done = ci('echo "$((NOVACRON_CI + 4)) passed, 0 failed"', 'echo "1 passed, 0 failed"')
  expect(done.last).toBe('6 passed, 0 failed')
})
