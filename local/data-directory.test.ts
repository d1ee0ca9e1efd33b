import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dataFormat, openDataDirectory } from './data-directory.ts'

let parent: string
let home: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'home-'))
  home = join(parent, 'deep', '.novacron')
})
afterEach(() => rmSync(parent, { recursive: true }))

const failing = (code: string) => expect.objectContaining({ code }) as Error

/** Another process that holds the directory until it is killed. */
const holdElsewhere = async () => {
  const source = `
    import { openDataDirectory } from ${JSON.stringify(join(import.meta.dirname, 'data-directory.ts'))}
    globalThis.held = openDataDirectory(${JSON.stringify(home)})
    held.announce({ url: 'http://127.0.0.1:1', pid: process.pid })
    setInterval(() => {}, 1000)
    console.log('holds')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

test('a new directory is readable by its user only and says its format', () => {
  const directory = openDataDirectory(home)
  expect(statSync(home).mode & 0o777).toBe(0o700)
  expect(JSON.parse(readFileSync(join(home, 'format.json'), 'utf8'))).toEqual({
    format: dataFormat,
  })
  expect(directory.database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(directory.database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
  directory.close()
})

test('what was kept is there again, also in a directory that was opened to others', () => {
  const before = openDataDirectory(home)
  before.database.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)')
  before.close()
  chmodSync(home, 0o755)
  const after = openDataDirectory(home)
  expect(after.database.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }])
  expect(statSync(home).mode & 0o777).toBe(0o700)
  after.close()
})

test('the address is told while somebody is there, and forgotten afterwards', () => {
  const directory = openDataDirectory(home)
  const address = { url: 'http://127.0.0.1:7600', pid: process.pid }
  directory.announce(address)
  expect(JSON.parse(readFileSync(join(home, 'address.json'), 'utf8'))).toEqual(address)
  directory.close()
  expect(existsSync(join(home, 'address.json'))).toBe(false)
})

describe('it belongs to one at a time', () => {
  test('a second one in the same process is refused', () => {
    const first = openDataDirectory(home)
    expect(() => openDataDirectory(home)).toThrow(failing('DATA_DIRECTORY_IN_USE'))
    first.close()
    openDataDirectory(home).close()
  })

  test('a second process is refused and told who has it, until that is killed', async () => {
    const child = await holdElsewhere()
    expect(() => openDataDirectory(home)).toThrow(`(process ${child.pid})`)
    expect(() => openDataDirectory(home)).toThrow(failing('DATA_DIRECTORY_IN_USE'))
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(existsSync(join(home, 'address.json'))).toBe(true)
    const after = openDataDirectory(home)
    expect(existsSync(join(home, 'address.json'))).toBe(false)
    after.close()
  })
})

describe('it is left alone', () => {
  test('when a newer NovaCron wrote it', () => {
    openDataDirectory(home).close()
    writeFileSync(join(home, 'format.json'), JSON.stringify({ format: dataFormat + 1 }))
    expect(() => openDataDirectory(home)).toThrow(failing('DATA_DIRECTORY_NEWER'))
  })

  test('when it is somebody else’s', () => {
    mkdirSync(home, { recursive: true, mode: 0o755 })
    chmodSync(home, 0o755)
    writeFileSync(join(home, 'photo.jpg'), '')
    expect(() => openDataDirectory(home)).toThrow(failing('DATA_DIRECTORY_FOREIGN'))
    expect(statSync(home).mode & 0o777).toBe(0o755)
  })

  test.for(['', '{}', '{"format":"one"}', 'not json'])('when its format reads %j', (text) => {
    openDataDirectory(home).close()
    writeFileSync(join(home, 'format.json'), text)
    expect(() => openDataDirectory(home)).toThrow(failing('DATA_DIRECTORY_DAMAGED'))
  })

  test('when its database is not one', () => {
    openDataDirectory(home).close()
    writeFileSync(join(home, 'novacron.sqlite'), 'x'.repeat(8192))
    rmSync(join(home, 'novacron.sqlite-wal'), { force: true })
    expect(() => openDataDirectory(home)).toThrow(failing('DATA_DIRECTORY_DAMAGED'))
    rmSync(join(home, 'novacron.sqlite'))
    openDataDirectory(home).close()
  })

  test('when it is a file, or below one', () => {
    const file = join(parent, 'file')
    writeFileSync(file, '')
    expect(() => openDataDirectory(file)).toThrow(failing('DATA_DIRECTORY_UNUSABLE'))
    expect(() => openDataDirectory(join(file, 'below'))).toThrow(failing('DATA_DIRECTORY_UNUSABLE'))
  })
})
