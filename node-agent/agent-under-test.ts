/** For tests: a host's directory, a control plane that is only answers, and agents started between the two. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { startAgent, type Agent, type AgentOptions } from './agent.ts'
import { FakeControlPlane } from './fake-control-plane.ts'
import type { Hypervisor } from './hypervisor/hypervisor.ts'
import { openSimulated, type SimulatedOptions } from './hypervisor/simulated.ts'
import type { Facts } from './log.ts'

export interface Said extends Facts {
  level: string
  what: string
}

export class World implements AsyncDisposable {
  readonly directory: string
  readonly cloud: FakeControlPlane
  readonly said: Said[] = []
  readonly #agents: Agent[] = []

  constructor(directory: string, cloud: FakeControlPlane) {
    this.directory = directory
    this.cloud = cloud
  }

  hypervisor(given: Partial<SimulatedOptions> = {}) {
    return openSimulated({ directory: join(this.directory, 'vms'), clock: systemClock, ...given })
  }

  async start(hypervisor: Hypervisor, given: Partial<AgentOptions> = {}) {
    const agent = await startAgent({
      directory: this.directory,
      controlPlaneUrl: this.cloud.url,
      joinToken: 'token',
      name: 'host-1',
      site: 'home',
      hypervisor,
      inventory: hypervisor.inventory,
      clock: systemClock,
      random: randomBytes,
      log: (level, what, facts) => this.said.push({ level, what, ...facts }),
      ...given,
    })
    this.#agents.push(agent)
    return agent
  }

  async close(agent: Agent) {
    this.#agents.splice(this.#agents.indexOf(agent), 1)
    await agent.close()
  }

  heard(what: string) {
    return this.said.filter((said) => said.what === what)
  }

  async [Symbol.asyncDispose]() {
    await Promise.all(this.#agents.splice(0).map((agent) => agent.close()))
    await this.cloud.close()
    await rm(this.directory, { recursive: true })
  }
}

export const openWorld = async () => {
  const cloud = new FakeControlPlane()
  await cloud.listen()
  return new World(await mkdtemp(join(tmpdir(), 'agent-')), cloud)
}

export const vmsOn = async (hypervisor: Hypervisor) =>
  (await hypervisor.list(new AbortController().signal))
    .map(({ vmId, generation, state }) => `${vmId} g${generation} ${state}`)
    .sort()
