/**
 * One rehearsal: a fleet of five hosts, a tenant, and the request that begins a machine. The request is that of the
 * route which bears the machine's name, with the route's own example; a route about a VM finds one that runs. What
 * every rehearsal begins with is made once and copied.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { platformTenantId } from '../../core/access.ts'
import { routes, type RouteName } from '../../core/contract/api.ts'
import type { Operation } from '../../core/contract/resources.ts'
import type { Route } from '../../core/contract/route.ts'
import { enrolHost } from '../../core/host.ts'
import { issueKey } from '../../core/issue-key.ts'
import {
  apiKeyItem,
  hostItem,
  plainItem,
  tenantItem,
  type Item,
} from '../../functions/aws/items.ts'
import { keyOf } from '../../functions/aws/keys.ts'
import { commit } from '../../functions/aws/commit.ts'
import { newFleet, ScriptedHost, type Being } from './scripted-host.ts'
import type { Script } from './scripts.ts'
import { Stage, type StageOptions } from './stage.ts'
import { operationsIn, vmsIn } from './stored.ts'

interface Template {
  file: string
  now: number
  holds: [string, number][]
}

export const spec = routes['create-vm'].example.body

/** The route that begins this machine, or what to do about there being none. */
export const routeOf = (machine: string): Route => {
  const route = routes[machine as RouteName] as Route | undefined
  if (route?.operation) return route
  throw new Error(`no route ${machine} begins the machine ${machine}: give the two one name`)
}

export type Found = 'running' | 'failed'
export const isAboutVm = (machine: string) => routeOf(machine).path.includes('{vmId}')

export class Theatre {
  readonly #directory = mkdtempSync(join(tmpdir(), 'novacron-workflows-'))
  /** The first one is chosen first. */
  readonly #beings: Being[] = newFleet([16384, 14336, 12288, 10240, 8192])
  #credential = ''
  #fleet: Template | undefined
  readonly #found: Partial<Record<Found, Template>> = {}
  #count = 0

  /** A scene as the machine's request finds it; if it is about a VM, about one that runs, or one that failed. */
  async open(
    machine: string,
    { vm = 'running', ...more }: Partial<StageOptions> & { vm?: Found } = {},
  ): Promise<Scene> {
    this.#fleet ??= await this.#makeFleet()
    if (!isAboutVm(machine)) return this.#copyOf(this.#fleet, more)
    this.#found[vm] ??= await this.#makeVm(vm === 'running' ? 'does it' : 'refuses it')
    return this.#copyOf(this.#found[vm], more)
  }

  close(): void {
    rmSync(this.#directory, { recursive: true })
  }

  #file(): string {
    this.#count += 1
    return join(this.#directory, `${this.#count}.sqlite`)
  }

  #copyOf({ file, now, holds }: Template, more: Partial<StageOptions>): Scene {
    const stage = new Stage({ file: this.#file(), from: file, now, ...more })
    return new Scene(stage, this.#beings, this.#credential, holds)
  }

  async #makeFleet(): Promise<Template> {
    const file = this.#file()
    const stage = new Stage({ file })
    const now = stage.clock.now()
    const at = new Date(now).toISOString()
    const asked = {
      name: 'first',
      role: 'admin',
      requestsPerMinute: { read: 1e6, write: 1e6 },
    } as const
    const { stored, secret } = issueKey(platformTenantId, asked, now)
    this.#credential = secret
    const tenant = {
      id: platformTenantId,
      name: 'platform',
      createdAt: at,
      updatedAt: at,
      version: 1,
    }
    const items = [
      tenantItem(tenant),
      apiKeyItem(stored),
      ...this.#beings.flatMap((being) => itemsOf(being, at)),
    ]
    await commit(items.map((create) => ({ create })))
    await stage.seal()
    return { file, now, holds: [] }
  }

  async #makeVm(script: Script): Promise<Template> {
    const scene = this.#copyOf(this.#fleet!, {})
    const { stage } = scene
    scene.cast(script)
    await scene.ask('POST', '/v1/vms', spec)
    await stage.rest()
    const holds = [...scene.hosts[0]!.holds]
    await stage.seal()
    return { file: stage.file, now: stage.clock.now(), holds }
  }
}

const itemsOf = ({ id, name, publicKey, memoryMiB }: Being, at: string): Item[] => {
  const inventory = {
    vcpus: 16,
    memoryMiB,
    hypervisor: 'simulated',
    hypervisorVersion: '1',
    agentVersion: '1',
  } as const
  const host = enrolHost({ id, name, site: 'here', publicKey, inventory }, platformTenantId, at)
  return [
    hostItem(host),
    plainItem(keyOf.hostLoad(id), { vcpus: 0, memoryMiB: 0, lastSeenAt: at }),
    plainItem(keyOf.doorbell(id), { connectionId: id }),
  ]
}

export class Scene {
  readonly stage: Stage
  readonly hosts: ScriptedHost[]
  readonly began: number
  readonly #authorization: string

  constructor(stage: Stage, beings: Being[], credential: string, holds: [string, number][]) {
    this.stage = stage
    this.began = stage.clock.now()
    this.#authorization = `Bearer ${credential}`
    this.hosts = beings.map(
      (being, index) => new ScriptedHost(being, stage, () => this.hosts, index === 0 ? holds : []),
    )
  }

  /** The first host is asked first; the others come into play when it is given up. */
  cast(first: Script, others: Script = first): void {
    for (const [index, host] of this.hosts.entries()) host.script = index === 0 ? first : others
  }

  ask(method: string, path: string, body?: unknown) {
    return this.stage.request(method, path, { authorization: this.#authorization }, body)
  }

  /** Asks for what the machine does; answers the operation. */
  async begin(machine: string): Promise<Operation> {
    const { method, path, example } = routeOf(machine)
    const vmId = vmsIn(this.stage.stored())[0]?.id ?? ''
    const { status, body } = await this.ask(method, path.replace('{vmId}', vmId), example.body)
    if (status !== 202)
      throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`)
    return body as Operation
  }

  operation(id: string): Operation {
    return operationsIn(this.stage.stored()).find((operation) => operation.id === id)!
  }

  /** The host a person knows by its name. */
  nameOf(hostId: string | null | undefined): string {
    return this.hosts.find(({ being }) => being.id === hostId)?.being.name ?? String(hostId)
  }

  async heal(): Promise<void> {
    this.stage.faults.length = 0
    for (const host of this.hosts) await host.heal()
    await this.stage.rest()
  }
}
