/**
 * For tests: the control plane's answers and nothing behind them. It checks signatures and nonces as the real one
 * does, keeps a mailbox and every report it was told, and can be away, slow to believe, or lose its answers.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Command } from '../core/contract/command.ts'
import { Failure, problemOf } from '../core/contract/failures.ts'
import { Report } from '../core/contract/report.ts'
import { readSignature, verifySignature } from '../core/contract/signature.ts'
import { hostIdOf } from '../core/host.ts'

export interface Ask {
  path: string
  body: Record<string, unknown>
}
/** What becomes of a request before it is looked at: undefined lets it through. */
export type Trouble = (ask: Ask) => Failure | 'lose the request' | 'lose the answer' | undefined

export class FakeControlPlane {
  readonly commands = new Map<string, Command>()
  readonly reports: Report[] = []
  readonly enrolled: string[] = []
  readonly joinTokens = new Set(['token'])
  readonly sockets = new Set<WebSocket>()
  looks = 0
  trouble: Trouble = () => undefined
  readonly #keys = new Map<string, KeyObject>()
  readonly #nonces = new Set<string>()
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #doorbell = new WebSocketServer({ noServer: true })
  #waiting: (() => void)[] = []

  constructor() {
    this.#server.on('upgrade', (request, socket, head) => {
      try {
        this.#verify(request, '')
      } catch {
        socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
        return
      }
      this.#doorbell.handleUpgrade(request, socket, head, (opened) => {
        this.sockets.add(opened)
        opened.on('close', () => this.sockets.delete(opened))
        this.#changed()
      })
    })
  }

  async listen(port = 0) {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.url
  }

  get url() {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Puts a command into the mailbox and rings, as the real one does. */
  send(...commands: Command[]) {
    for (const command of commands) this.commands.set(command.id, command)
    this.ring()
  }

  ring() {
    for (const socket of this.sockets) socket.send('{}')
  }

  reportsOn(commandId: string, ...kinds: Report['kind'][]) {
    return this.reports.filter(
      (report) =>
        report.commandId === commandId && (kinds.length === 0 || kinds.includes(report.kind)),
    )
  }

  outcomeOf(commandId: string) {
    return this.reportsOn(commandId, 'done', 'failed').at(-1)
  }

  /** Resolves when `is` holds; looked at after every request. */
  async until(is: () => boolean) {
    while (!is()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  settled(...commandIds: string[]) {
    return this.until(() => commandIds.every((id) => this.outcomeOf(id) && !this.commands.has(id)))
  }

  async close() {
    for (const socket of this.sockets) socket.terminate()
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #changed() {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  #verify(request: IncomingMessage, body: string) {
    const signed = readSignature(request.headers.authorization)
    const key = signed && this.#keys.get(signed.hostId)
    const signable = { method: request.method!, path: request.url!, body }
    if (!signed || !key || !verifySignature(signable, signed, key))
      throw new Failure('HOST_SIGNATURE_INVALID')
    if (this.#nonces.has(signed.nonce)) throw new Failure('REQUEST_REPLAYED')
    this.#nonces.add(signed.nonce)
  }

  async #serve(request: IncomingMessage, response: ServerResponse) {
    const body = Buffer.concat(await request.toArray()).toString('utf8')
    const path = request.url!
    try {
      const ask: Ask = { path, body: JSON.parse(body) as Record<string, unknown> }
      const trouble = this.trouble(ask)
      if (trouble instanceof Failure) throw trouble
      if (trouble === 'lose the request') return void response.destroy()
      const answer = this.#answer(request, ask, body)
      if (trouble === 'lose the answer') return void response.destroy()
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    } catch (error) {
      const problem = problemOf(
        error instanceof Failure ? error : new Failure('INTERNAL', String(error)),
      )
      response.writeHead(problem.status, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify(problem))
    } finally {
      this.#changed()
    }
  }

  #answer(request: IncomingMessage, { path, body }: Ask, text: string) {
    if (path === '/agent/v1/enrol-host') return this.#enrol(request, body, text)
    this.#verify(request, text)
    if (path === '/agent/v1/report') return this.#hear(Report.parse(body))
    this.looks += 1
    return { commands: [...this.commands.values()] }
  }

  #enrol(request: IncomingMessage, body: Record<string, unknown>, text: string) {
    const publicKey = String(body.publicKey)
    const hostId = hostIdOf(publicKey)
    if (!this.joinTokens.delete(String(body.joinToken))) throw new Failure('JOIN_TOKEN_INVALID')
    const der = Buffer.from(publicKey, 'base64')
    this.#keys.set(hostId, createPublicKey({ key: der, format: 'der', type: 'spki' }))
    this.#verify(request, text)
    this.enrolled.push(hostId)
    return { hostId }
  }

  #hear(report: Report) {
    this.reports.push(report)
    const settled = report.kind === 'done' || report.kind === 'failed'
    if (settled) this.commands.delete(report.commandId)
    return { settled }
  }
}

let count = 0
export const vmIdOf = (name: string) => `vm-${name.padStart(4, '0')}`

const command = { issuedAt: '2026-01-01T00:00:00.000Z', heartbeatSeconds: 10 }
const traceparent = '00-11111111111111111111111111111111-2222222222222222-01'

export const createCommand = (vmId: string, generation = 1, name = vmId): Command => ({
  ...command,
  id: `create-${vmId}-${generation}-${(count += 1)}`,
  kind: 'create-vm',
  vmId,
  generation,
  traceparent,
  arguments: { name, vcpus: 1, memoryMiB: 512 },
})

export const deleteCommand = (vmId: string, generation = 1): Command => ({
  ...command,
  id: `delete-${vmId}-${generation}-${(count += 1)}`,
  kind: 'delete-vm',
  vmId,
  generation,
  traceparent,
  arguments: {},
})
