/**
 * The agent's own directory, held by one agent at a time. The hold is a lock of the operating system (through SQLite,
 * which has the only file locks Node offers): it ends with the process, however that ends, and needs no tidying.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AgentFailure, say } from './failures.ts'

export interface Held {
  release(): void
}

export const holdDirectory = async (directory: string): Promise<Held> => {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new AgentFailure('DIRECTORY_UNUSABLE', `${directory}: ${say(error)}`, error)
  }
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(join(directory, 'agent.lock'))
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    lock?.close()
    const busy = say(error).includes('database is locked')
    if (busy)
      throw new AgentFailure('DIRECTORY_IN_USE', `Another agent runs in ${directory}`, error)
    throw new AgentFailure('DIRECTORY_UNUSABLE', `${directory}: ${say(error)}`, error)
  }
  const held = lock
  return { release: () => held.close() }
}
