/**
 * Where the API is and with which key to ask: flags before environment before what `npm start` wrote into its data
 * directory, which is searched from here upwards. The key in that directory is sent to that directory's API and to
 * no other address.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { cliFailure } from './cli-failure.ts'
import type { Environment } from './environment.ts'
import { quoted } from './quoted.ts'

export interface Where {
  url?: string
  keyFile?: string
  home?: string
}

export interface Address {
  url: string
  /** Which setting named it. */
  from: string
  /** Written by an `npm start` on this machine. */
  local: boolean
  /** The process that wrote it. */
  pid: number | undefined
}

export interface Credential {
  key: string
  from: string
  file: string | undefined
}

export const findHome = (where: Where, environment: Environment, cwd: string) => {
  const named = where.home ?? environment.home
  if (named !== undefined) return resolve(cwd, named)
  for (let folder = cwd; ; folder = dirname(folder)) {
    const home = join(folder, '.novacron')
    if (existsSync(home)) return home
    if (folder === dirname(folder)) return undefined
  }
}

export const startIt = { text: 'Start it, from the checkout', command: 'npm start' }

const written = (home: string | undefined): Address | undefined => {
  if (home === undefined) return undefined
  const path = join(home, 'address.json')
  try {
    const { url, pid } = JSON.parse(readFileSync(path, 'utf8')) as { url?: unknown; pid?: unknown }
    if (typeof url !== 'string') return undefined
    return { url, from: path, local: true, pid: typeof pid === 'number' ? pid : undefined }
  } catch {
    // Absent or half written: nothing runs there.
    return undefined
  }
}

const named = (url: string, from: string): Address => {
  const scheme = /^https?:\/\//.test(url)
  if (!scheme || !URL.canParse(url))
    throw cliFailure('ADDRESS_INVALID', `${from} is ${url}`, {
      text: 'Give it like this',
      command: 'export NOVACRON_URL=https://…',
    })
  return { url: url.replace(/\/+$/, ''), from, local: false, pid: undefined }
}

export const findAddress = (where: Where, environment: Environment, cwd: string): Address => {
  if (where.url !== undefined) return named(where.url, '--url')
  if (environment.url !== undefined) return named(environment.url, 'NOVACRON_URL')
  const home = findHome(where, environment, cwd)
  const address = written(home)
  if (address) return address
  const detail = home
    ? `Nothing runs in ${home}.`
    : 'There is no data directory .novacron here or above, and no NOVACRON_URL.'
  throw cliFailure('API_UNREACHABLE', detail, startIt)
}

/** Where `npm start` left the first admin key. */
export const homeKey = (home: string | undefined) => {
  const path = home === undefined ? undefined : join(home, 'admin.key')
  return path !== undefined && existsSync(path) ? path : undefined
}

const giveKey = { text: 'Give a key', command: 'export NOVACRON_API_KEY=nvc_…' }

const fromFile = (path: string, from: string): Credential => {
  const readIt = () => {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw cliFailure('CREDENTIAL_UNREADABLE', `${path}: ${code}`, {
        text: 'Look at the file',
        command: `ls -l ${quoted(path)}`,
      })
    }
  }
  return { key: checked(readIt(), path), from, file: path }
}

/** What no header could carry is not a key; it is not repeated either, because it might be another secret. */
const checked = (key: string, from: string) => {
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return key
  throw cliFailure('CREDENTIAL_UNREADABLE', `What ${from} holds is not an API key.`, giveKey)
}

export const findCredential = (
  where: Where,
  environment: Environment,
  cwd: string,
  address: Address | undefined,
): Credential => {
  if (where.keyFile !== undefined) return fromFile(resolve(cwd, where.keyFile), '--key-file')
  if (environment.apiKey !== undefined) {
    const from = 'NOVACRON_API_KEY'
    return { key: checked(environment.apiKey, from), from, file: undefined }
  }
  const home = findHome(where, environment, cwd)
  const path = homeKey(home)
  if (path === undefined)
    throw cliFailure('CREDENTIAL_NOT_FOUND', 'No NOVACRON_API_KEY, no --key-file.', giveKey)
  if (address && !address.local && written(home)?.url !== address.url)
    throw cliFailure(
      'CREDENTIAL_NOT_FOUND',
      `${path} belongs to the API of its directory and is not sent to ${address.url}.`,
      giveKey,
    )
  return fromFile(path, path)
}
