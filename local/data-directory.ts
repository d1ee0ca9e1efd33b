/**
 * The one directory in which everything lies that the embedded cloud keeps; `rm -r` of it is a fresh start. It is
 * readable by its user only, says in which format it is, and belongs to one process at a time.
 *
 * The lock is SQLite's exclusive lock on an empty database: the kernel holds it for the process and drops it when
 * that dies, however it dies. No process id has to be believed, so none can be stale or reused.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LocalFailure } from './failures.ts'
import { isStorageTrouble, sqliteCode } from './storage-trouble.ts'
import { writeDurably } from './write-durably.ts'

/** Rises when an older NovaCron could no longer read what a newer one wrote. */
export const dataFormat = 1

export interface Address {
  url: string
  pid: number
}

export interface DataDirectory {
  readonly path: string
  readonly database: DatabaseSync
  file(...names: string[]): string
  /** Tells other programs of this user where the API is; forgotten again by `close`. */
  announce(address: Address): void
  close(): void
}

export function openDataDirectory(home: string): DataDirectory {
  const path = resolve(home)
  const file = (...names: string[]) => join(path, ...names)
  let lock: DatabaseSync | undefined
  try {
    prepare(path, file('format.json'))
    lock = takeLock(path)
    rmSync(file('address.json'), { force: true })
    writeDurably(file('holder.json'), JSON.stringify({ pid: process.pid }))
    const database = openDatabase(path)
    return {
      path,
      database,
      file,
      announce: (address) => writeDurably(file('address.json'), `${JSON.stringify(address)}\n`),
      close: () => {
        rmSync(file('address.json'), { force: true })
        rmSync(file('holder.json'), { force: true })
        database.close()
        lock?.close()
      },
    }
  } catch (error) {
    lock?.close()
    throw storageFailure(error, path)
  }
}

const outer: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'ELOOP',
  'EMFILE',
])

/** What functions get to hear when the embedded services cannot store. */
const isUnserved = (error: unknown) =>
  error instanceof Error && ['InternalServerError', 'ServiceUnavailable'].includes(error.name)

function prepare(path: string, formatFile: string) {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const format = readFormat(path, formatFile)
  if (format === undefined) {
    writeDurably(formatFile, `${JSON.stringify({ format: dataFormat })}\n`)
  } else if (format > dataFormat) {
    throw new LocalFailure('DATA_DIRECTORY_NEWER', {
      home: path,
      found: format,
      known: dataFormat,
    })
  }
  if ((statSync(path).mode & 0o777) !== 0o700) chmodSync(path, 0o700)
}

/** Undefined in a directory that is still empty; anybody else's directory is left alone. */
function readFormat(path: string, formatFile: string): number | undefined {
  const found = readdirSync(path).find((name) => !name.startsWith('format.json'))
  let text: string
  try {
    text = readFileSync(formatFile, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    if (found === undefined) return undefined
    throw new LocalFailure('DATA_DIRECTORY_FOREIGN', { home: path, found })
  }
  try {
    const { format } = JSON.parse(text) as { format: unknown }
    if (Number.isInteger(format)) return format as number
  } catch {
    // Told below, like any other content that is not ours.
  }
  throw damaged(path, formatFile, 'it does not hold a format number')
}

function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(join(path, 'lock'))
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (sqliteCode(error) !== 5) throw error
    const pid = readHolder(path)
    throw new LocalFailure('DATA_DIRECTORY_IN_USE', {
      home: path,
      owner: pid === undefined ? '' : ` (process ${pid})`,
      stop: pid === undefined ? 'stop the other one' : `kill ${pid}   # stops it`,
    })
  }
}

/** Only for telling a person: whether the directory is in use is what the lock says. */
function readHolder(path: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(join(path, 'holder.json'), 'utf8')) as { pid: number }).pid
  } catch {
    return undefined
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(join(path, 'novacron.sqlite'))
  // FULL: what was acknowledged is on the disk, not only on its way there.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  return database
}

const damaged = (home: string, file: string, reason: string) =>
  new LocalFailure('DATA_DIRECTORY_DAMAGED', { home, file, reason })

/** What the disk did, by its name, whenever it is found out; anything else as it is. */
export function storageFailure(error: unknown, at: string): unknown {
  if (error instanceof LocalFailure) return error
  const home = resolve(at)
  // 11 is SQLITE_CORRUPT, 26 SQLITE_NOTADB.
  const database = [11, 26].includes(sqliteCode(error) ?? 0)
  if (database) return damaged(home, join(home, 'novacron.sqlite'), (error as Error).message)
  const { code, path } = error as NodeJS.ErrnoException
  const inside = path === undefined || path.startsWith(home) || home.startsWith(path)
  const ours = isStorageTrouble(error) || (outer.has(code ?? '') && inside) || isUnserved(error)
  if (!ours) return error
  return new LocalFailure('DATA_DIRECTORY_UNUSABLE', { home, reason: (error as Error).message })
}
