/**
 * Hosts without hardware: real agents in this process, each on a simulated hypervisor, that reach the control plane
 * over HTTP like any other. What a host is lies in `hosts/<n>/` of the data directory, so the next start goes on as
 * the same hosts with the same VMs.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { startAgent, type Agent } from '../node-agent/agent.ts'
import { AgentFailure } from '../node-agent/failures.ts'
import { HypervisorFailure } from '../node-agent/hypervisor/hypervisor.ts'
import { openSimulated } from '../node-agent/hypervisor/simulated.ts'
import type { Ask } from './ask-api.ts'
import { LocalFailure } from './failures.ts'
import type { Log } from './log.ts'
import { writeDurably } from './write-durably.ts'

export interface SimulatedHostsOptions {
  /** At least so many; hosts of earlier starts go on in any case, because VMs may run on them. */
  count: number
  directory: string
  url: string
  /** Asks as an admin; needed only for hosts that have not enrolled yet. */
  ask: () => Ask
  clock: Clock
  log: Log
  signal: AbortSignal
}

export interface SimulatedHosts {
  readonly hostIds: readonly string[]
  /** The agents end; their VMs stay what they are. */
  close(): Promise<void>
}

export async function startSimulatedHosts(options: SimulatedHostsOptions): Promise<SimulatedHosts> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 })
  const before = readdirSync(options.directory).map(Number).filter(Number.isInteger)
  const count = Math.max(options.count, ...before)
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const starting = await Promise.allSettled(numbers.map((number) => startHost(number, options)))
  const agents = starting.flatMap((agent) => (agent.status === 'fulfilled' ? [agent.value] : []))
  const close = async () => void (await Promise.all(agents.map((agent) => agent.close())))
  const failed = starting.find((agent) => agent.status === 'rejected')
  if (failed) {
    await close()
    throw failed.reason
  }
  return { hostIds: agents.map(({ hostId }) => hostId), close }
}

async function startHost(number: number, options: SimulatedHostsOptions): Promise<Agent> {
  const directory = join(options.directory, String(number))
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  try {
    const known = existsSync(join(directory, 'enrolment.json'))
    return await (known ? runAgent : enrolAgent)(number, directory, options)
  } catch (error) {
    if (!(error instanceof AgentFailure || error instanceof HypervisorFailure)) throw error
    const reason = `${error.code}: ${error.message}`
    throw new LocalFailure('HOST_NOT_STARTED', { number, reason, directory })
  }
}

async function enrolAgent(number: number, directory: string, options: SimulatedHostsOptions) {
  const tokenFile = join(directory, 'join-token')
  try {
    return await enrolled(number, directory, tokenFile, options)
  } catch (error) {
    // The token of a start that was killed may have expired before it was used: once more, with a new one.
    if (!(error instanceof AgentFailure) || error.code !== 'NOT_ENROLLED') throw error
    rmSync(tokenFile)
    return enrolled(number, directory, tokenFile, options)
  }
}

/** The token is kept until it has been used: after a crash in between, the same one must be shown again. */
async function enrolled(
  number: number,
  directory: string,
  tokenFile: string,
  options: SimulatedHostsOptions,
): Promise<Agent> {
  if (!existsSync(tokenFile)) {
    const { secret } = await options.ask()<{ secret: string }>('POST', '/v1/join-tokens')
    writeDurably(tokenFile, secret)
  }
  const agent = await runAgent(number, directory, options, readFileSync(tokenFile, 'utf8'))
  rmSync(tokenFile)
  return agent
}

async function runAgent(
  number: number,
  directory: string,
  { url, clock, log, signal }: SimulatedHostsOptions,
  joinToken?: string,
): Promise<Agent> {
  const hypervisor = await openSimulated({ directory: join(directory, 'vms'), clock, seed: number })
  return startAgent({
    directory,
    controlPlaneUrl: url,
    joinToken,
    name: `simulated-${number}`,
    site: 'here',
    hypervisor,
    inventory: hypervisor.inventory,
    clock,
    random: randomBytes,
    log: (level, what, facts) => {
      if (level !== 'info') log(`host ${number}: ${what}`, facts)
    },
    signal,
  })
}
