/**
 * What the disk does to us, told apart from bugs: SQLite could not write or read just now (full, failing, read-only).
 * Nothing was decided, what was stored is still stored, and the same thing may work later.
 */
import type { Log } from './log.ts'

/** SQLite's result codes: READONLY, IOERR, FULL, CANTOPEN. */
const passing: ReadonlySet<number> = new Set([8, 10, 13, 14])

/** The primary code; the extended ones carry it in their low byte. */
export const sqliteCode = (error: unknown) => {
  const code = (error as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

export const isStorageTrouble = (error: unknown) => passing.has(sqliteCode(error) ?? -1)

/** How long to wait before trying again what could not be stored. */
export const storageDelayMs = 1_000

/** Logs when something begins to fail and when it works again, and is silent in between. */
export function troubles(log: Log, fact: string) {
  let told = false
  return {
    failed: (error: unknown) => {
      if (!told) log(`${fact}.failing`, { error: String(error) })
      told = true
    },
    worked: () => {
      if (told) log(`${fact}.works-again`)
      told = false
    },
  }
}
