/** Files of the data directory that are damaged or gone are named, with what helps, instead of being taken for health. */
import { openSync, statSync, writeSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryHome } from './started.ts'

const running = 'NovaCron is running'
type Home = ReturnType<typeof temporaryHome>

const once = async (at: Home, ...args: string[]) => {
  const started = at.start(...args)
  await started.said(running)
  started.signal('SIGTERM')
  return started.ended
}

const refused = async (at: Home) => {
  const { code, result, stderr } = await at.start('--json').ended
  expect(code).toBe(1)
  expect(stderr).not.toMatch(/^ +at /m)
  return result as { error: { code: string; message: string; fix: string[] } }
}

test('a database whose pages are broken behind its first one is damaged, without a stack', async () => {
  await using at = temporaryHome()
  await once(at, '--hosts', '0')
  const file = at.file('novacron.sqlite')
  const { size } = statSync(file)
  writeSync(openSync(file, 'r+'), 'x'.repeat(size - 4096), 4096)
  expect(await refused(at)).toMatchObject({ error: { code: 'DATA_DIRECTORY_DAMAGED' } })
})
