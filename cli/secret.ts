/** A secret that the API shows once: to stdout, or into a file that only its owner can read. */
import { rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { cliFailure, type Fix } from './cli-failure.ts'
import type { Cli } from './cli.ts'
import { quoted } from './quoted.ts'
import { fields } from './table.ts'
import type { CommonFlags } from './verb.ts'

export interface SaveFlags {
  save?: string
}

export const saveFlag = {
  kind: 'parsed',
  parse: String,
  optional: true,
  placeholder: 'file',
  brief: 'Write the secret to a new file that only you can read, instead of showing it',
} as const

interface Making<T> {
  make: () => Promise<T>
  secretOf: (made: T) => string | undefined
  /** What helps when the first answer, the only one that holds the secret, did not arrive. */
  lost: (made: T) => Fix
  entries: (made: T) => readonly (readonly [name: string, text: string])[]
}

/** The file is made before the secret: a secret that cannot be kept must not come into being. */
export const makeSecret = async <T extends { id: string }>(
  cli: Cli,
  { save, output }: SaveFlags & CommonFlags,
  { make, secretOf, lost, entries }: Making<T>,
) => {
  const path = save === undefined ? undefined : resolve(cli.cwd, save)
  if (path !== undefined) createFile(path)
  try {
    const made = await make()
    const secret = secretOf(made)
    if (secret === undefined)
      throw cliFailure(
        'SECRET_LOST',
        `${made.id}: nobody can read its secret any more.`,
        lost(made),
      )
    if (path !== undefined) writeFileSync(path, `${secret}\n`)
    const shown = path === undefined ? [['secret', secret] as const] : []
    if (output === 'name') cli.terminal.data(made.id)
    else if (output === 'table') cli.terminal.data(fields([...entries(made), ...shown]))
    else cli.terminal.data(JSON.stringify(made, path === undefined ? undefined : withoutSecret, 2))
  } catch (error) {
    if (path !== undefined) rmSync(path, { force: true })
    throw error
  }
  cli.terminal.say(
    save === undefined ? 'The secret is shown only now.' : `Its secret is in ${save}.`,
  )
}

const withoutSecret = (key: string, value: unknown) => (key === 'secret' ? undefined : value)

const createFile = (path: string) => {
  try {
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw cliFailure('FILE_NOT_WRITABLE', `${path}: ${(error as NodeJS.ErrnoException).code}`, {
      text: 'Name a new file; see what is there',
      command: `ls -l ${quoted(path)}`,
    })
  }
}
