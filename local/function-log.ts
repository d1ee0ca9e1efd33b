/**
 * What functions log, each line with its moment, in one file of the data directory; when it is full it becomes `.1`
 * and a new one begins. A line that cannot be written is lost and counted: a function never fails because of its log.
 */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'

const limitBytes = 10 * 1024 * 1024

export interface FunctionLog {
  write(line: string): void
  close(): void
}

export function openFunctionLog(path: string, clock: Clock): FunctionLog {
  let file: number | undefined
  let size = 0
  let lost = 0
  let closed = false
  const open = () => {
    file = openSync(path, 'a', 0o600)
    size = fstatSync(file).size
    return file
  }
  const shut = () => {
    const was = file
    file = undefined
    if (was !== undefined) closeSync(was)
  }
  const turn = () => {
    shut()
    renameSync(path, `${path}.1`)
    return open()
  }
  const append = (to: number, line: string) => {
    size += writeSync(to, `${new Date(clock.now()).toISOString()} ${line}\n`)
  }
  open()
  return {
    write: (line) => {
      if (closed) return
      try {
        const current = file ?? open()
        const to = size > limitBytes ? turn() : current
        if (lost > 0)
          append(to, JSON.stringify({ level: 'warn', message: 'log.lost', lines: lost }))
        lost = 0
        append(to, line)
      } catch {
        lost++
      }
    },
    close: () => {
      closed = true
      shut()
    },
  }
}
