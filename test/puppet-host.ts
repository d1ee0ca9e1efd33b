/**
 * A host whose agent does nothing by itself: a test takes its commands and reports on them, by hand and as wrongly as
 * it likes. It signs as a real agent does; each part of a request can be replaced after it was signed.
 */
import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import type { Command } from '../core/contract/command.ts'
import { signRequest } from '../core/contract/signature.ts'
import { routes } from '../core/contract/api.ts'
import { hostIdOf } from '../core/host.ts'
import type { CloudUnderTest, Given } from './cloud-under-test.ts'

export type AgentRoute = 'enrol-host' | 'take-commands' | 'report'

/** What differs from an honest request. */
export interface Forgery {
  signedBy?: KeyObject
  signedAs?: string
  signedPath?: string
  signedBody?: unknown
  at?: number
  nonce?: string
  headers?: Record<string, string>
}

const inventory = {
  vcpus: 8,
  memoryMiB: 8192,
  hypervisor: 'simulated',
  hypervisorVersion: '1',
  agentVersion: '1',
}

export class PuppetHost {
  readonly under: CloudUnderTest
  readonly name: string
  readonly publicKey: string
  readonly privateKey: KeyObject
  readonly hostId: string

  constructor(under: CloudUnderTest) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    this.under = under
    this.name = under.name('puppet')
    this.publicKey = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
    this.privateKey = privateKey
    this.hostId = hostIdOf(this.publicKey)
  }

  /** A request as this host signs it, but for what is forged. */
  signed(route: AgentRoute, body: unknown, forgery: Forgery = {}): Given {
    const text = JSON.stringify(body)
    const request = {
      method: 'POST',
      path: forgery.signedPath ?? routes[route].path,
      body: 'signedBody' in forgery ? JSON.stringify(forgery.signedBody) : text,
    }
    const authorization = signRequest(
      request,
      {
        hostId: forgery.signedAs ?? this.hostId,
        privateKey: forgery.signedBy ?? this.privateKey,
      },
      forgery.at ?? this.under.clock.now(),
      forgery.nonce ?? randomBytes(16).toString('hex'),
    )
    return { key: null, body: text, headers: { authorization, ...forgery.headers } }
  }

  enrolment(joinToken: string, capacity: { vcpus?: number; memoryMiB?: number } = {}) {
    const { publicKey, name } = this
    return { joinToken, publicKey, name, site: 'here', inventory: { ...inventory, ...capacity } }
  }

  async enrol(capacity: { vcpus?: number; memoryMiB?: number } = {}) {
    const { secret } = await this.under.get('create-join-token')
    await this.under.get('enrol-host', this.signed('enrol-host', this.enrolment(secret!, capacity)))
    return this
  }

  async take(): Promise<Command[]> {
    const given = this.signed('take-commands', { incarnation: 'puppet' })
    return (await this.under.get('take-commands', given)).commands
  }

  /** The next command, as soon as there is one. */
  async next(): Promise<Command> {
    for (;;) {
      const [command] = await this.take()
      if (command) return command
      await this.under.clock.sleep(10)
    }
  }

  report(
    command: Pick<Command, 'id' | 'generation'>,
    what: Record<string, unknown>,
    forged?: Forgery,
  ) {
    const body = {
      commandId: command.id,
      generation: command.generation,
      incarnation: 'puppet',
      ...what,
    }
    return this.under.ask('report', this.signed('report', body, forged))
  }
}
