/** What a verb is handed: a terminal, a clock, Ctrl-C as a signal, and the API on demand. */
import type { Clock } from '../core/clock.ts'
import { findAddress, findCredential, type Address, type Where } from './address.ts'
import type { Client } from './client.ts'
import type { Environment } from './environment.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Stream, Terminal } from './terminal.ts'

export interface Surroundings {
  process: {
    stdout: Stream
    stderr: Stream
    exitCode?: number | string | null
  }
  environment: Environment
  cwd: string
  clock: Clock
  signal: AbortSignal
  terminal: Terminal
}

export class Cli implements Surroundings {
  readonly process: Surroundings['process']
  readonly environment: Environment
  readonly cwd: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly terminal: Terminal

  constructor(surroundings: Surroundings) {
    this.process = surroundings.process
    this.environment = surroundings.environment
    this.cwd = surroundings.cwd
    this.clock = surroundings.clock
    this.signal = surroundings.signal
    this.terminal = surroundings.terminal
  }

  /** The contract is loaded here and not before: `--help` does without it. */
  async connect(where: Where, address?: Address): Promise<Client> {
    const { Client } = await import('./client.ts')
    const found = address ?? findAddress(where, this.environment, this.cwd)
    return new Client({
      address: found,
      credential: () => findCredential(where, this.environment, this.cwd, found),
      clock: this.clock,
      signal: this.signal,
      say: (text) => this.terminal.say(text),
    })
  }

  endWith(exitCode: ExitCode) {
    this.process.exitCode = exitCode
  }
}
