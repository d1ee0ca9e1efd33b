import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const url = 'https://control.example.com'

test('arguments come before the environment, and that before what is usual', () => {
  const env = { NOVACRON_URL: url, NOVACRON_SITE: 'berlin', NOVACRON_HOST_NAME: 'h1' }
  expect(readConfig(env, ['--simulated', '--site', 'paris', '--vcpus', '4'])).toMatchObject({
    url,
    site: 'paris',
    name: 'h1',
    simulated: true,
    vcpus: 4,
    memoryMiB: 262_144,
    directory: '.novacron-agent',
  })
})

test('a join token comes from the environment or a file, never from the arguments', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-'))
  const path = join(directory, 'token')
  writeFileSync(path, 'from-file\n')
  const env = { NOVACRON_URL: url, NOVACRON_HOST_NAME: 'h1', NOVACRON_JOIN_TOKEN: 'from-env' }
  expect(readConfig(env, [])?.joinToken).toBe('from-env')
  expect(readConfig(env, ['--join-token-file', path])?.joinToken).toBe('from-file')
  expect(() => readConfig(env, ['--join-token', 'x'])).toThrow("Unknown option '--join-token'")
  expect(() => readConfig(env, ['--join-token-file', `${path}.not`])).toThrow('ENOENT')
  rmSync(directory, { recursive: true })
})

test('everything that is wrong is said at once', () => {
  const wrong = () => readConfig({ NOVACRON_SITE: 'Über' }, ['--name', 'A B', '--vcpus', 'many'])
  expect(wrong).toThrow(/url: [^]*name: [^]*site: [^]*vcpus: /)
})

const readUrl = (given: string) =>
  readConfig({ NOVACRON_URL: given, NOVACRON_HOST_NAME: 'h1' }, [])?.url

test.each([url, 'http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000'])(
  '%s can be a control plane',
  (given) => {
    expect(readUrl(given)).toBe(given)
  },
)

test.each([
  'http://control.example.com',
  'http://127.0.0.1.example.com',
  'ftp://127.0.0.1',
  'nowhere',
])('%s cannot: tokens do not cross a network in the clear', (given) => {
  expect(() => readUrl(given)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})
