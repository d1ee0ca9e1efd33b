/** Set-up as a black box: a checkout of two packages, and an npm of our own that says when it was called. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'

const here = import.meta.dirname
const node = `node-${process.platform}-${process.arch}`
let root: string

const fakeNpm = `#!${process.execPath}
const fs = require('node:fs')
fs.appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n')
const mode = process.env.FAKE_NPM ?? 'works'
if (mode.startsWith('npm error')) {
  console.error('npm warn of something else: ENOTFOUND')
  console.error(mode)
  process.exit(1)
}
fs.rmSync('node_modules', { recursive: true, force: true })
fs.mkdirSync('node_modules/.bin', { recursive: true })
const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
for (const path of Object.keys(packages).filter(Boolean)) {
  if (mode === 'forgets' && path === 'node_modules/two') continue
  fs.mkdirSync(path, { recursive: true })
  fs.writeFileSync(path + '/package.json', '{}')
  if (mode === 'killed') process.kill(process.ppid, 'SIGKILL'), process.exit(1)
}
fs.mkdirSync('node_modules/${node}/bin', { recursive: true })
fs.symlinkSync(process.execPath, 'node_modules/${node}/bin/node')
fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }))
setTimeout(() => {}, Number(process.env.FAKE_NPM_MS ?? 0))
`

const greet = `
console.log(JSON.stringify({ args: process.argv.slice(2), setupMs: Number(process.env.NOVACRON_SETUP_MS),
  first: process.env.PATH.split(':')[0] }))
process.exitCode = Number(process.argv[2] ?? 0)
`

const waitForever = `
process.on('SIGTERM', () => process.exit(7))
console.log('ready')
setInterval(() => {}, 1000)
`

function writeLockfile(version: string) {
  const packages = {
    '': {},
    'node_modules/one': { version, integrity: `sha512-one-${version}` },
    'node_modules/two': { version, integrity: `sha512-two-${version}` },
    [`node_modules/${node}`]: {
      version,
      integrity: 'sha512-node',
      optional: true,
      os: [process.platform],
      cpu: [process.arch],
    },
    'node_modules/elsewhere': { version, optional: true, os: ['plan9'] },
  }
  fs.writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }))
}

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'set-up-'))
  fs.cpSync(join(here, 'set-up'), join(root, 'local', 'set-up'), { recursive: true })
  fs.copyFileSync(join(here, 'set-up.mjs'), join(root, 'local', 'set-up.mjs'))
  fs.mkdirSync(join(root, 'bin'))
  fs.writeFileSync(join(root, 'bin', 'npm'), fakeNpm, { mode: 0o755 })
  fs.writeFileSync(join(root, 'greet.mjs'), greet)
  fs.writeFileSync(join(root, 'wait.mjs'), waitForever)
  writeLockfile('1.0.0')
})

afterEach(() => fs.rmSync(root, { recursive: true }))

const environment = (extra: Record<string, string> = {}) => ({
  ...process.env,
  npm_execpath: '',
  npm_lifecycle_event: '',
  NOVACRON_SKIP_SETUP: '',
  PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
  ...extra,
})

function setUp(args: string[], env: Record<string, string> = {}) {
  const run = spawnSync(process.execPath, [join(root, 'local', 'set-up.mjs'), ...args], {
    cwd: root,
    env: environment(env),
    encoding: 'utf8',
  })
  return { code: run.status, out: run.stdout, err: run.stderr }
}

function npmRuns() {
  const log = join(root, 'npm.log')
  return fs.existsSync(log) ? fs.readFileSync(log, 'utf8').trim().split('\n').length : 0
}

test('a fresh clone is installed, then the file runs with its arguments and its exit code', () => {
  const run = setUp(['greet.mjs', '3', '--once'])
  expect(run.err).toContain('nothing is installed yet: installing 3 packages')
  expect(run.code).toBe(3)
  const said = JSON.parse(run.out)
  expect(said).toMatchObject({
    args: ['3', '--once'],
    first: resolve(root, 'node_modules', '.bin'),
  })
  expect(said.setupMs).toBeGreaterThan(0)
  expect(fs.readFileSync(join(root, 'npm.log'), 'utf8')).toMatch(/^ci --ignore-scripts /)
})

test('once everything is in place npm is not called and nothing is said', () => {
  setUp(['greet.mjs'])
  const again = setUp(['greet.mjs'])
  expect(again).toMatchObject({ code: 0, err: '' })
  expect(npmRuns()).toBe(1)
})

test('a changed lockfile is installed', () => {
  setUp(['greet.mjs'])
  writeLockfile('1.0.1')
  expect(setUp(['greet.mjs']).err).toContain('package-lock.json has changed')
  expect(npmRuns()).toBe(2)
})

test('a package deleted by hand and a damaged Node are installed again', () => {
  setUp(['greet.mjs'])
  fs.rmSync(join(root, 'node_modules', 'two'), { recursive: true })
  expect(setUp(['greet.mjs']).err).toContain('node_modules/two is missing')
  const bundled = join(root, 'node_modules', node, 'bin', 'node')
  fs.rmSync(bundled)
  fs.writeFileSync(bundled, 'half', { mode: 0o755 })
  expect(setUp(['greet.mjs'])).toMatchObject({ code: 0, err: expect.stringContaining('damaged') })
  expect(npmRuns()).toBe(3)
})

test('what somebody installed by hand with npm ci is taken as it is', () => {
  spawnSync(join(root, 'bin', 'npm'), ['ci'], { cwd: root, env: environment() })
  expect(setUp(['greet.mjs']).code).toBe(0)
  expect(npmRuns()).toBe(1)
})

test('a set-up killed in the middle is finished by the next one, which takes its lock over', () => {
  const killed = setUp(['greet.mjs'], { FAKE_NPM: 'killed' })
  expect(killed.code).toBeNull()
  expect(fs.existsSync(join(root, '.set-up.lock'))).toBe(true)
  const next = setUp(['greet.mjs'])
  expect(next.err).toContain('taking over from a set-up that died')
  expect(next.err).toContain('the last install did not finish')
  expect(next.code).toBe(0)
  expect(fs.existsSync(join(root, '.set-up.lock'))).toBe(false)
})

test('of two at once one installs, and the other waits and says for whom', async () => {
  const runs = [0, 1].map(() =>
    spawn(process.execPath, [join(root, 'local', 'set-up.mjs'), 'greet.mjs'], {
      cwd: root,
      env: environment({ FAKE_NPM_MS: '700' }),
    }),
  )
  const exits = Promise.all(runs.map((run) => once(run, 'exit')))
  const said = await Promise.all(runs.map((run) => text(run.stderr)))
  expect((await exits).map(([code]) => code)).toEqual([0, 0])
  expect(npmRuns()).toBe(1)
  expect(said.filter((err) => /waiting for another set-up/.test(err))).toHaveLength(1)
})

test.each([
  ['npm error code ECONNREFUSED', 'SETUP_REGISTRY_UNREACHABLE', 'npm ping'],
  ['npm error code EAI_AGAIN', 'SETUP_REGISTRY_UNREACHABLE', 'npm config set registry'],
  ['npm error code E403', 'SETUP_REGISTRY_REFUSED', 'npm login'],
  ['npm error code ETARGET', 'SETUP_PACKAGE_MISSING', 'npm ci --registry'],
  ['npm error code ENOSPC', 'SETUP_DISK_FULL', 'df -h'],
  ['npm error code EACCES', 'SETUP_NOT_WRITABLE', 'chown'],
  ['npm error code EINTEGRITY', 'SETUP_INTEGRITY', 'npm cache clean'],
  ['npm error code EUSAGE', 'SETUP_LOCKFILE', 'git checkout'],
  ['npm error something new', 'SETUP_NPM_CI_FAILED', 'rm -rf node_modules'],
])('"%s" is named %s, with what helps, and the file is not run', (said, code, help) => {
  const run = setUp(['greet.mjs'], { FAKE_NPM: said })
  expect(run).toMatchObject({ code: 1, out: '' })
  expect(run.err).toContain(`[${code}]`)
  expect(run.err).toContain(said)
  expect(run.err).toContain(help)
})

test('Ctrl-C during an install is named, ends npm, and leaves nothing in the way', async () => {
  const run = spawn(process.execPath, [join(root, 'local', 'set-up.mjs'), 'greet.mjs'], {
    cwd: root,
    env: environment({ FAKE_NPM_MS: '20000' }),
  })
  const err = text(run.stderr)
  const exit = once(run, 'exit')
  while (npmRuns() === 0) await new Promise((wake) => setTimeout(wake, 20))
  run.kill('SIGINT')
  expect((await exit)[0]).toBe(130)
  expect(await err).toContain('[SETUP_INTERRUPTED]')
  expect(fs.existsSync(join(root, '.set-up.lock'))).toBe(false)
  expect(setUp(['greet.mjs']).code).toBe(0)
})

test('an npm that reports success without installing everything is not believed', () => {
  const run = setUp(['greet.mjs'], { FAKE_NPM: 'forgets' })
  expect(run.err).toContain('[SETUP_INCOMPLETE]')
  expect(run.err).toContain('these are missing: two')
  expect(setUp(['greet.mjs']).code).toBe(0)
})

test('a machine without npm, and a file that does not exist, are told so', () => {
  expect(setUp(['greet.mjs'], { PATH: '/nowhere' }).err).toContain('[SETUP_NPM_MISSING]')
  expect(setUp(['absent.ts']).err).toContain('[SETUP_FILE_MISSING]')
  expect(npmRuns()).toBe(0)
})

test('with NOVACRON_SKIP_SETUP=1 nothing is installed and the file runs', () => {
  expect(setUp(['greet.mjs'], { NOVACRON_SKIP_SETUP: '1' }).code).toBe(0)
  expect(npmRuns()).toBe(0)
})

test('SIGTERM reaches the file, whose exit code is ours', async () => {
  setUp(['greet.mjs'])
  const run = spawn(process.execPath, [join(root, 'local', 'set-up.mjs'), 'wait.mjs'], {
    cwd: root,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(run.stdout, 'data')
  run.kill('SIGTERM')
  const [code] = await once(run, 'exit')
  expect(code).toBe(7)
})
