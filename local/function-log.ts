/**
 * What functions log, each line with its moment, in one file of the data directory; when it is full it becomes `.1`
 * and a new one begins.
 */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'

const limitBytes = 10 * 1024 * 1024

export interface FunctionLog {
  write(line: string): void
  close(): void
}

export function openFunctionLog(path: string, clock: Clock): FunctionLog {
  let file: number | undefined = openSync(path, 'a', 0o600)
  let size = fstatSync(file).size
  const turn = () => {
    if (file !== undefined) closeSync(file)
    renameSync(path, `${path}.1`)
    file = openSync(path, 'a', 0o600)
    size = 0
  }
  return {
    write: (line) => {
      if (file === undefined) return
      if (size > limitBytes) turn()
      size += writeSync(file, `${new Date(clock.now()).toISOString()} ${line}\n`)
    },
    close: () => {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}
