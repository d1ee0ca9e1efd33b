/** Reads the first admin key, for those of our own programs that act in its user's name. */
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { LocalFailure } from './failures.ts'

export function readAdminCredential(file: string, purpose: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new LocalFailure('ADMIN_KEY_MISSING', { file, home: dirname(file), purpose })
  }
}
