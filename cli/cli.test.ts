import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../core/contract/api.ts'
import { failureCodes, kindOf } from '../core/contract/failures.ts'
import { vmStates } from '../core/vm.ts'
import { findAddress, findCredential } from './address.ts'
import { CliFailure } from './cli-failure.ts'
import { parseSpan, spanText } from './durations.ts'
import type { Environment } from './environment.ts'
import { exitCodeOf, exitCodes, meanings } from './exit-codes.ts'
import { quoted } from './quoted.ts'
import { fields, table } from './table.ts'
import { Terminal } from './terminal.ts'
import { isGroup, leaves, resolve, verbs } from './verbs.ts'
import { parseLabel } from './vm/labels.ts'
import { memoryText, parseMemory } from './vm/memory.ts'

const main = join(import.meta.dirname, 'main.ts')
const run = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: {}, cwd: tmpdir() })

describe('the table of verbs', () => {
  test('loads every verb, and each has examples that begin its help', async () => {
    for (const [name, { load }] of leaves(verbs)) {
      const { command } = await load()
      expect(command.brief).not.toBe('')
      expect(run(...name.split(' '), '--help').stdout).toMatch(
        new RegExp(`^EXAMPLES\\n  npx novacron ${name}`),
      )
    }
  })

  test('has a verb for every command that a failure proposes', () => {
    const resources = ['vm', 'host', 'operation', 'key', 'tenant']
    const proposed = failureCodes
      .flatMap((code) => kindOf(code).fix)
      .flatMap(({ command }) => command ?? [])
      .filter((command) => command.startsWith('npx novacron '))
    expect(proposed.length).toBeGreaterThan(5)
    for (const command of proposed)
      for (const resource of command.includes('{resource} list') ? resources : ['vm']) {
        const words = command.replace('{resource}', resource).split(' ').slice(2)
        expect([words, isGroup(resolve(words).entry)]).toEqual([words, false])
      }
  })

  test('leaves out only what is said here', () => {
    const without = [
      'get-api',
      'get-openapi',
      'get-failure',
      'get-principal',
      'get-tenant',
      'get-key',
    ]
    const words = leaves(verbs).map(([name]) => name)
    const known: Record<string, string> = {
      'create-join-token': 'host token create',
      'read-events': 'event tail',
    }
    const missing = Object.entries(routes)
      .filter(([, { caller }]) => caller === 'api')
      .map(([name]) => name)
      .filter((name) => {
        const [verb, ...what] = name.split('-')
        const resource = what.join(' ').replace(/s$/, '')
        return !words.includes(known[name] ?? `${resource} ${verb}`)
      })
    expect(missing.toSorted()).toEqual(without.toSorted())
  })
})

describe('the CLI about itself', () => {
  test('without a word it shows the next steps', () => {
    const { status, stdout } = run()
    expect(status).toBe(0)
    expect(stdout).toMatch(/npm start[^]*npx novacron vm create/)
  })

  test('--version is that of the package', () => {
    expect(run('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('help knows every verb and every exit code', () => {
    const { stdout } = run('--help')
    for (const [name] of leaves(verbs)) expect(stdout).toContain(`\n  ${name} `)
    const { stdout: codes } = run('help', 'exit-codes')
    for (const [name, meaning] of Object.entries(meanings))
      expect(codes).toMatch(
        new RegExp(`^ +${exitCodes[name as keyof typeof exitCodes]} +${meaning}$`, 'm'),
      )
    expect(run('help', 'vm', 'create').stdout).toBe(run('vm', 'create', '--help').stdout)
  })

  test('explains every failure code, without an API', () => {
    expect(run('failure', '-o', 'name').stdout.split('\n')).toEqual(
      expect.arrayContaining([...failureCodes, 'API_UNREACHABLE']),
    )
    const { stdout } = run('failure', 'state_forbids')
    expect(stdout).toContain('STATE_FORBIDS')
    expect(run('failure', 'NOTHING').status).toBe(exitCodes.notFound)
  })
})

test('each failure of the API has the exit code of its kind', () => {
  const codeOf = (code: (typeof failureCodes)[number]) =>
    exitCodeOf({ code, status: kindOf(code).status })
  expect(codeOf('NOT_FOUND')).toBe(exitCodes.notFound)
  expect(codeOf('KEY_EXPIRED')).toBe(exitCodes.notAuthenticated)
  expect(codeOf('FORBIDDEN')).toBe(exitCodes.forbidden)
  expect(codeOf('PRECONDITION_FAILED')).toBe(exitCodes.conflict)
  expect(codeOf('IDEMPOTENCY_KEY_REUSED')).toBe(exitCodes.conflict)
  expect(codeOf('INPUT_INVALID')).toBe(exitCodes.usage)
  expect(codeOf('RATE_LIMITED')).toBe(exitCodes.unavailable)
  expect(codeOf('CLOUD_UNAVAILABLE')).toBe(exitCodes.unavailable)
  expect(codeOf('INTERNAL')).toBe(exitCodes.failed)
})

describe('address and key', () => {
  const nothing: Environment = {
    url: undefined,
    apiKey: undefined,
    home: undefined,
    colour: 'auto',
  }
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'novacron-address-'))
    mkdirSync(join(folder, '.novacron'))
    mkdirSync(join(folder, 'deep', 'down'), { recursive: true })
    const address = { url: 'http://127.0.0.1:7600', pid: 1 }
    writeFileSync(join(folder, '.novacron', 'address.json'), JSON.stringify(address))
    writeFileSync(join(folder, '.novacron', 'admin.key'), 'nvc_home\n')
    writeFileSync(join(folder, 'my.key'), 'nvc_file\n')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const named = (environment: Partial<Environment>, where = {}) => {
    const all = { ...nothing, ...environment }
    const address = findAddress(where, all, join(folder, 'deep', 'down'))
    return [address.url, findCredential(where, all, folder, address).key]
  }

  test('flags come before the environment, and that before what npm start wrote', () => {
    expect(named({})).toEqual(['http://127.0.0.1:7600', 'nvc_home'])
    const environment = { url: 'https://b.example/', apiKey: 'nvc_env' }
    expect(named(environment)).toEqual(['https://b.example', 'nvc_env'])
    const flags = { url: 'https://a.example', keyFile: 'my.key' }
    expect(named(environment, flags)).toEqual(['https://a.example', 'nvc_file'])
  })

  test('the key at home goes to the API at home only', () => {
    expect(named({ url: 'http://127.0.0.1:7600' })[1]).toBe('nvc_home')
    for (const url of ['http://127.0.0.1:7601', 'https://127.0.0.1:7600', 'https://a.example'])
      expect(() => named({ url })).toThrow(CliFailure)
  })
})

describe('what people write and read', () => {
  test.each([
    ['512', 512],
    ['512MiB', 512],
    ['2gib', 2048],
    ['1.5GiB', 1536],
    ['1TiB', 1048576],
  ])('memory %s is %d MiB', (text, mib) => {
    expect(parseMemory(text)).toBe(mib)
    expect(parseMemory(memoryText(mib))).toBe(mib)
  })

  test.each(['', 'much', '1.5', '-1', '2GB', '0x10'])('memory "%s" is refused', (text) => {
    expect(() => parseMemory(text)).toThrow('give a size')
  })

  test('spans are read with their unit and written with the largest that fits', () => {
    expect(['90', '90s', '1.5m', '2h', '7d'].map(parseSpan)).toEqual([
      90_000, 90_000, 90_000, 7_200_000, 604_800_000,
    ])
    expect([0, 850, 12_345, 61_000, 7_300_000, 86_400_000].map(spanText)).toEqual([
      '0.0 s',
      '0.8 s',
      '12 s',
      '1 m',
      '2 h',
      '1 d',
    ])
    for (const wrong of ['', 'soon', '5 weeks', '-1s'])
      expect(() => parseSpan(wrong)).toThrow('90s')
  })

  test('a label is split at its first =', () => {
    expect(parseLabel('a=b=c')).toEqual(['a', 'b=c'])
    expect(parseLabel('a=')).toEqual(['a', ''])
    expect(() => parseLabel('=b')).toThrow('env=prod')
  })

  test('a path in a fix can be copied into a shell', () => {
    const hard = `it's $HOME; \`x\``
    expect(execFileSync('sh', ['-c', `printf %s ${quoted(hard)}`], { encoding: 'utf8' })).toBe(hard)
    expect(quoted('./a-b_c.key')).toBe('./a-b_c.key')
  })

  test('a table is aligned, plain where nobody looks, and cannot be broken out of', () => {
    const columns = [
      { title: 'NAME', text: ([name]: readonly string[]) => name! },
      {
        title: 'STATE',
        text: ([, state]: readonly string[]) => state!,
        colour: () => 'red' as const,
      },
      { title: 'ID', text: ([, , id]: readonly string[]) => id! },
    ]
    const rows = [
      ['a', vmStates.states[1]!, '1'],
      ['longer\x1b[2J', 'x', '22'],
    ]
    const stream = { write: () => {} }
    const plain = table(rows, columns, new Terminal(stream, stream, 'auto'))
    expect(plain).toBe('NAME        STATE    ID\na           running  1\nlonger?[2J  x        22')
    const coloured = table(rows, columns, new Terminal(stream, stream, 'always'))
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(plain)
    expect(coloured).toContain('\x1b[31mrunning\x1b[0m')
    expect(
      fields([
        ['a', '1'],
        ['long', '\n'],
      ]),
    ).toBe('a     1\nlong  ?')
  })
})

test('on a terminal the progress line rewrites itself and makes way for what is said', () => {
  const written: string[] = []
  const err = { write: (text: string) => written.push(text), isTTY: true, columns: 20 }
  const terminal = new Terminal(err, err, 'never')
  terminal.live('a line that is longer than the terminal')
  terminal.live('short')
  terminal.say('said')
  expect(written).toEqual(['\r\x1b[2Ka line that is lon…', '\r\x1b[2Kshort', '\r\x1b[2K', 'said\n'])
})

test('the guide tells the exit codes as they are', () => {
  const guide = readFileSync(join(import.meta.dirname, '../docs/guides/cli.md'), 'utf8')
  for (const [name, meaning] of Object.entries(meanings))
    expect(guide.replaceAll('`', '').replace(/ +/g, ' ')).toContain(
      `| ${exitCodes[name as keyof typeof exitCodes]} | ${meaning} |`,
    )
})

test('npx runs the CLI from the checkout', () => {
  const root = join(import.meta.dirname, '..')
  const npx = spawnSync('npx', ['--no-install', 'novacron', 'help', 'exit-codes'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(npx.stdout).toMatch(/^EXIT CODES\n/)
  const launched = spawnSync(process.execPath, ['cli/novacron.mjs', '--version'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect(launched.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
