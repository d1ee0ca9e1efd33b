/** `npm start` as a process that is killed and started again, always on the same data directory and port. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '../../local/main.ts')

/** A port nobody has now; between starts of ours somebody else could take it, which would be told as PORT_IN_USE. */
const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export class System {
  readonly home: string
  readonly url: string
  readonly #port: number
  #process: ChildProcess | undefined
  #said = ''

  private constructor(home: string, port: number) {
    this.home = home
    this.#port = port
    this.url = `http://127.0.0.1:${port}`
  }

  static async at(home: string) {
    return new System(home, await freePort())
  }

  /** Resolves once it says that it is ready, with false if it ended before. */
  async start(): Promise<boolean> {
    const args = [main, '--json', '--home', this.home, '--port', `${this.#port}`]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    this.#said = ''
    child.stderr.on('data', (text: Buffer) => (this.#said += text.toString()))
    const ready = once(createInterface(child.stdout), 'line').then(() => true)
    const ended = once(child, 'exit').then(() => false)
    return Promise.race([ready, ended])
  }

  /** SIGKILL: nothing in it learns of it. */
  async kill() {
    await this.#end('SIGKILL')
  }

  async stop() {
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals) {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** What it wrote to stderr since the last start. */
  get said() {
    return this.#said
  }

  credential() {
    return readFileSync(join(this.home, 'admin.key'), 'utf8').trim()
  }
}
