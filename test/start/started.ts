/** Runs `npm start`'s program as a process of its own, as a user would, and looks at what it says and leaves. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A test that timed out has no end of its own; what it started must not outlive it. */
const alive = new Set<ChildProcess>()
process.on('exit', () => alive.forEach((child) => child.kill('SIGKILL')))

const program = join(import.meta.dirname, '../../local/main.ts')

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
  /** The last line of stdout, as JSON. */
  result: Record<string, unknown> | undefined
}

export interface Started {
  readonly pid: number
  signal(signal: NodeJS.Signals): void
  /** Resolves when that text has been said, on either stream. */
  said(text: string): Promise<void>
  readonly ended: Promise<Ended>
}

export function start(home: string, ...args: string[]): Started {
  const child = spawn(process.execPath, [program, '--home', home, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  alive.add(child)
  child.on('exit', () => alive.delete(child))
  let stdout = ''
  let stderr = ''
  let heard = () => {}
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    heard()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    heard()
  })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      heard()
      resolve({ code, stdout, stderr, result: lastLine(stdout) })
    })
  })
  const said = async (text: string) => {
    while (!(stdout + stderr).includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`ended without saying ${text}:\n${stdout}${stderr}`)
      await new Promise<void>((resolve) => (heard = resolve))
    }
  }
  return { pid: child.pid!, signal: (signal) => void child.kill(signal), said, ended }
}

function lastLine(stdout: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** A place for a data directory, and whatever was started in it, gone at the end of the test. */
export function temporaryHome() {
  const parent = mkdtempSync(join(tmpdir(), 'novacron-'))
  const running: Started[] = []
  const home = join(parent, '.novacron')
  return {
    home,
    file: (name: string) => join(home, name),
    start: (...args: string[]) => {
      const started = start(home, ...args)
      running.push(started)
      return started
    },
    async [Symbol.asyncDispose]() {
      for (const one of running) one.signal('SIGKILL')
      await Promise.all(running.map(({ ended }) => ended))
      rmSync(parent, { recursive: true })
    },
  }
}

/** Asks the API that runs in a data directory, with the first admin key. */
export async function ask<Answer>(home: string, method: string, path: string, body?: object) {
  const { url } = JSON.parse(readFileSync(join(home, 'address.json'), 'utf8')) as { url: string }
  const key = readFileSync(join(home, 'admin.key'), 'utf8').trim()
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Answer }
}

export const isRunning = (home: string) => existsSync(join(home, 'address.json'))
