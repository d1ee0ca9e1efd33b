import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../core/clock.ts'
import { openFunctionLog } from './function-log.ts'

let directory: string
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'log-'))))
afterEach(() => rmSync(directory, { recursive: true }))

test('a log that cannot be written loses lines, says how many, and fails nobody', () => {
  const path = join(directory, 'functions.log')
  const log = openFunctionLog(path, new ManualClock())
  log.write('x'.repeat(11 * 1024 * 1024))
  // The full log cannot be set aside: something else is in the way.
  mkdirSync(join(`${path}.1`, 'in the way'), { recursive: true })
  log.write('one')
  rmSync(`${path}.1`, { recursive: true })
  log.write('two')
  log.close()
  log.write('after the end')
  const text = readFileSync(path, 'utf8') + readFileSync(`${path}.1`, 'utf8')
  expect(text).toContain('"message":"log.lost","lines":1')
  expect(text).toContain(' two\n')
  expect(text).not.toContain(' one\n')
  expect(text).not.toContain('after the end')
})
