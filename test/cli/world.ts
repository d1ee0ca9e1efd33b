/**
 * The CLI as people run it, a process of its own, against the embedded cloud with one simulated host that can be
 * taken away and brought back.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { askWith, type Ask } from '../../local/ask-api.ts'
import { startCloud, type Cloud } from '../../local/cloud.ts'
import { startSimulatedHosts, type SimulatedHosts } from '../../local/simulated-hosts.ts'

export const root = join(import.meta.dirname, '../..')
const main = join(root, 'cli/main.ts')

export interface Result {
  code: number | null
  out: string
  err: string
}

export class Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Result>
  #out = ''
  #err = ''
  #changed: (() => void)[] = []

  constructor(child: ChildProcessWithoutNullStreams) {
    this.child = child
    child.stdin.end()
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text
      this.#wake()
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text
      this.#wake()
    })
    this.ended = new Promise((resolve) =>
      child.on('close', (code) => {
        resolve({ code, out: this.#out, err: this.#err })
        this.#wake()
      }),
    )
  }

  #wake() {
    for (const wake of this.#changed.splice(0)) wake()
  }

  /** Resolves once either stream holds it; the test's own time limit is the only one. */
  async says(text: string | RegExp): Promise<void> {
    const said = () => new RegExp(text).test(this.#out + this.#err)
    while (!said()) {
      if (this.child.exitCode !== null) throw new Error(`ended without ${text}: ${this.#err}`)
      await new Promise<void>((wake) => this.#changed.push(wake))
    }
  }
}

export interface World {
  readonly home: string
  readonly folder: string
  readonly cloud: Cloud
  readonly ask: Ask
  /** Runs to its end. */
  cli(...args: string[]): Promise<Result>
  /** Runs to its end, which must be a good one. */
  done(...args: string[]): Promise<Result>
  start(args: readonly string[], env?: NodeJS.ProcessEnv): Running
  takeHostAway(): Promise<void>
  bringHostBack(): Promise<void>
  close(): Promise<void>
}

/** Nothing of the environment of whoever runs the tests reaches the CLI. */
export const startCli = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  new Running(
    spawn(process.execPath, [main, ...args], { cwd, env: { PATH: process.env.PATH, ...env } }),
  )

export const startWorld = async (): Promise<World> => {
  const folder = mkdtempSync(join(tmpdir(), 'novacron-cli-'))
  const home = join(folder, '.novacron')
  const clock = systemClock
  const log = () => {}
  const random = () => randomBytes(4).readUInt32BE() / 2 ** 32
  const cloud = await startCloud({ home, port: 0, clock, random, log })
  const key = readFileSync(cloud.adminKeyFile, 'utf8').trim()
  const stop = new AbortController()
  const ask = askWith(cloud.url, key, stop.signal)
  const bring = (): Promise<SimulatedHosts> =>
    startSimulatedHosts({
      count: 1,
      directory: join(home, 'hosts'),
      url: cloud.url,
      ask: () => ask,
      clock,
      log,
      signal: stop.signal,
    })
  let hosts: SimulatedHosts | undefined
  const start = (args: readonly string[], env?: NodeJS.ProcessEnv) => startCli(folder, args, env)
  const world: World = {
    home,
    folder,
    cloud,
    ask,
    start,
    cli: (...args) => start(args).ended,
    done: async (...args) => {
      const result = await start(args).ended
      if (result.code === 0) return result
      throw new Error(`novacron ${args.join(' ')} ended with ${result.code}: ${result.err}`)
    },
    takeHostAway: async () => {
      await hosts?.close()
      hosts = undefined
    },
    bringHostBack: async () => {
      hosts ??= await bring()
    },
    close: async () => {
      stop.abort()
      await world.takeHostAway()
      await cloud.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return world
}
