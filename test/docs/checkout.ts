/** A copy of the checkout as it stands, with the same packages, in which a reader's commands can be tried. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../..')

export class Checkout {
  readonly directory = mkdtempSync(join(tmpdir(), 'novacron-docs-'))
  #started: ChildProcess | undefined

  constructor() {
    const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root })
    for (const file of list.toString().split('\0').filter(Boolean)) {
      if (!existsSync(join(root, file))) continue
      mkdirSync(dirname(join(this.directory, file)), { recursive: true })
      cpSync(join(root, file), join(this.directory, file))
    }
    symlinkSync(join(root, 'node_modules'), join(this.directory, 'node_modules'))
  }

  /** Runs a block as a reader's shell would and answers its exit code and everything it printed. */
  async run(script: string): Promise<{ code: number | null; printed: string }> {
    const child = this.#shell(script)
    let printed = ''
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (text: Buffer) => (printed += text.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, printed }
  }

  /** Leaves a command running until `close`, once it has printed what shows that it is ready. */
  async start(script: string, ready: RegExp) {
    const child = this.#shell(script)
    this.#started = child
    let printed = ''
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout!, child.stderr!])
        stream.on('data', (text: Buffer) => {
          printed += text.toString()
          if (ready.test(printed)) resolve()
        })
      child.on('close', () => reject(new Error(`It ended before it was ready:\n${printed}`)))
    })
  }

  #shell(script: string) {
    const { NOVACRON_HOME, NOVACRON_URL, NOVACRON_API_KEY, ...env } = process.env
    return spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: this.directory,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** As Ctrl-C on a terminal: the whole group is told. */
  async close() {
    const child = this.#started
    if (child && child.exitCode === null) {
      const ended = once(child, 'close')
      process.kill(-child.pid!, 'SIGINT')
      await ended
    }
    rmSync(this.directory, { recursive: true, force: true })
  }
}
