/**
 * The whole embedded cloud for one test file: on a directory of its own, with agents on simulated hypervisors, asked
 * over real HTTP. Every answer is held against the contract (held-answer.ts), and every secret that was ever told is
 * remembered, so that a test can look for it where it must not be.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { routes, type RouteName } from '../core/contract/api.ts'
import type { Problem } from '../core/contract/failures.ts'
import type { Operation } from '../core/contract/resources.ts'
import type { Role, Scope } from '../core/access.ts'
import type { Adversity } from '../local/adversity.ts'
import type { Item } from '../functions/aws/items.ts'
import { startCloud, type Cloud } from '../local/cloud.ts'
import { tableName } from '../local/environment.ts'
import { startAgent } from '../node-agent/agent.ts'
import { openSimulated, type Fault } from '../node-agent/hypervisor/simulated.ts'
import { silent } from '../node-agent/log.ts'
import { holdAnswer, type Answer, type BodyOf, type Received } from './held-answer.ts'
import { MovableClock } from './movable-clock.ts'
import { chance } from './seed.ts'

export interface Given {
  /** A credential; absent: the platform's first admin; null: none. */
  key?: string | null
  params?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string | number>>
  /** A text goes as it is, anything else as JSON. */
  body?: unknown
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

export interface KeyWish {
  role?: Role
  scopes?: Scope[]
  expiresInSeconds?: number
  requestsPerMinute?: { read: number; write: number }
}

export interface UnderTestOptions {
  hosts?: number
  capacity?: { vcpus: number; memoryMiB: number }
  createMs?: number
  adversity?: Omit<Adversity, 'random'>
}

interface Closable {
  close(): Promise<void>
}

const secretPattern = /nv[cj]_[a-z]+-[0-9a-z]+_([0-9a-f]{64})/g

export const targetOf = (name: RouteName, { params = {}, query = {} }: Given = {}) => {
  const path = routes[name].path.replace(/\{(\w+)\}/g, (_, parameter: string) =>
    encodeURIComponent(params[parameter] ?? `no-${parameter}`),
  )
  const search = new URLSearchParams(
    Object.entries(query).map(([field, value]): [string, string] => [field, String(value)]),
  )
  return search.size > 0 ? `${path}?${search}` : path
}

export class CloudUnderTest implements AsyncDisposable {
  readonly clock = new MovableClock()
  readonly home = mkdtempSync(join(tmpdir(), 'novacron-'))
  /** What goes wrong at the next create of a VM of that name. */
  readonly faults = new Map<string, Fault>()
  /** Every secret an answer has told. */
  readonly secrets = new Set<string>()
  readonly hostIds: string[] = []
  /** May be made better or worse while the cloud runs. */
  readonly adversity: Adversity
  readonly #options: UnderTestOptions
  readonly #agents: Closable[] = []
  #cloud: Cloud | undefined
  #adminKey = ''
  #names = 0

  constructor(options: UnderTestOptions) {
    this.#options = options
    this.adversity = { ...options.adversity, random: chance }
  }

  get cloud() {
    return this.#cloud!
  }
  get url() {
    return this.cloud.url
  }
  get adminKey() {
    return this.#adminKey
  }

  /** A name nobody has used yet. */
  name(what = 'n') {
    return `${what}-${++this.#names}`
  }

  async open(port = 0) {
    this.#cloud = await startCloud({
      home: this.home,
      port,
      clock: this.clock,
      random: chance,
      log: () => {},
      ...(this.#options.adversity && { adversity: this.adversity }),
    })
    this.#adminKey = readFileSync(this.cloud.adminKeyFile, 'utf8').trim()
    this.#remember(this.#adminKey)
  }

  /** The cloud ends and begins again on the same directory and address; the agents live on. */
  async restart() {
    const { port } = new URL(this.url)
    await this.cloud.close()
    await this.open(Number(port))
  }

  async addHost(number: number) {
    const { capacity, createMs } = this.#options
    const directory = join(this.home, 'hosts', String(number))
    const { secret } = await this.get('create-join-token')
    const hypervisor = await openSimulated({
      directory,
      clock: this.clock,
      seed: number,
      faults: this.faults,
      ...(capacity && { capacity }),
      ...(createMs !== undefined && { createMs }),
    })
    const agent = await startAgent({
      directory,
      controlPlaneUrl: this.url,
      joinToken: secret,
      name: `simulated-${number}`,
      site: 'here',
      hypervisor,
      inventory: hypervisor.inventory,
      clock: this.clock,
      random: randomBytes,
      log: silent,
    })
    this.#agents.push(agent)
    this.hostIds.push(agent.hostId)
  }

  /** One request, whatever becomes of it. */
  async ask<N extends RouteName>(name: N, given: Given = {}): Promise<Answer<N>> {
    const { key = this.#adminKey, body, headers, signal } = given
    const response = await fetch(this.url + targetOf(name, given), {
      method: routes[name].method,
      headers: {
        accept: 'application/json',
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    const text = await response.text()
    this.#remember(text)
    const received: Received = { status: response.status, headers: response.headers, text }
    return holdAnswer<N>(routes[name], received)
  }

  /** One request that must succeed: its body. */
  async get<N extends RouteName>(name: N, given: Given = {}): Promise<BodyOf<N>> {
    const { body, status, text } = await this.ask(name, given)
    if (body === undefined) throw new Error(`${name} was refused: ${status} ${text}`)
    return body
  }

  /** One request that must be refused: its problem. */
  async refused(name: RouteName, given: Given = {}): Promise<Problem> {
    const { problem, status, text } = await this.ask(name, given)
    if (!problem) throw new Error(`${name} was not refused: ${status} ${text}`)
    return problem
  }

  /** A tenant of its own, and its first admin's credential. */
  async tenant(): Promise<{ id: string; admin: string }> {
    const tenant = await this.get('create-tenant', { body: { name: this.name('tenant') } })
    return { id: tenant.id, admin: tenant.adminKey.secret! }
  }

  /** Another credential of `maker`'s tenant. */
  async key(maker: string, wish: KeyWish = {}): Promise<string> {
    const body = { name: this.name('key'), role: 'viewer', ...wish }
    return (await this.get('create-key', { key: maker, body })).secret!
  }

  /** Everything in the table, as it lies there. */
  items(): Item[] {
    const all: Item[] = []
    let after: object | undefined
    do {
      const page = this.cloud.dynamodb.call('Scan', {
        TableName: tableName,
        ...(after && { ExclusiveStartKey: after }),
      }) as { Items: Parameters<typeof unmarshall>[0][]; LastEvaluatedKey?: object }
      all.push(...page.Items.map((item) => unmarshall(item) as Item))
      after = page.LastEvaluatedKey
    } while (after)
    return all
  }

  /** The operation, once it is over. */
  async over({ id }: Pick<Operation, 'id'>, key?: string): Promise<Operation> {
    for (;;) {
      const given = { params: { operationId: id }, query: { wait: 25 }, ...(key && { key }) }
      const operation = await this.get('get-operation', given)
      if (operation.finishedAt !== null) return operation
    }
  }

  /** A VM that runs. */
  async vm(key: string, spec: Record<string, unknown> = {}) {
    const body = { name: this.name('vm'), vcpus: 1, memoryMiB: 64, ...spec }
    const operation = await this.over(await this.get('create-vm', { key, body }), key)
    if (operation.state !== 'succeeded') throw new Error(JSON.stringify(operation.error))
    return this.get('get-vm', { key, params: { vmId: operation.target.slice('/v1/vms/'.length) } })
  }

  async [Symbol.asyncDispose]() {
    await Promise.all(this.#agents.map((agent) => agent.close()))
    await this.#cloud?.close()
    rmSync(this.home, { recursive: true, force: true })
  }

  #remember(text: string) {
    for (const [, secret] of text.matchAll(secretPattern)) this.secrets.add(secret!)
  }
}

export const startCloudUnderTest = async (options: UnderTestOptions = {}) => {
  const under = new CloudUnderTest(options)
  try {
    await under.open()
    for (let number = 1; number <= (options.hosts ?? 0); number++) await under.addHost(number)
    return under
  } catch (error) {
    await under[Symbol.asyncDispose]()
    throw error
  }
}
