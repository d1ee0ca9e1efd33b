/**
 * API Gateway's WebSocket API on this machine. A connection lives from its `$connect`, which may refuse it, to its
 * `$disconnect`, at most two hours and ten idle minutes; each message becomes an event of the function its `action`
 * names. Nothing may depend on a connection: a killed process ends them all, and no `$disconnect` follows.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Clock } from '../../core/clock.ts'
import { socketPath, socketRoutes } from '../../core/contract/cloud.ts'
import { giveTime } from '../give-time.ts'
import type { Invoke } from '../lambda/adversity.ts'
import type { Log } from '../log.ts'
import { frameLimit } from './frame-limit.ts'
import {
  socketBacklogBytes,
  socketIdleMs,
  socketLifeMs,
  socketMessageBytes,
} from './gateway-limits.ts'
import { splitTarget } from './http-event.ts'
import { isOurs, refuseRaw } from './refuse.ts'
import * as events from './socket-event.ts'

const messagesAtOnce = 16

export interface Connection extends events.Connected {
  lastActiveAt: number
  readonly socket: WebSocket
}

export interface SocketsOptions {
  invoke: Invoke
  clock: Clock
  log: Log
}

export class Sockets {
  readonly #invoke: Invoke
  readonly #clock: Clock
  readonly #log: Log
  readonly #connections = new Map<string, Connection>()
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: socketMessageBytes,
    perMessageDeflate: false,
  })
  #closed = false

  constructor({ invoke, clock, log }: SocketsOptions) {
    this.#invoke = invoke
    this.#clock = clock
    this.#log = log
  }

  /** Only a WebSocket to its path leaves HTTP; other upgrades are answered as if they had not been asked for. */
  readonly upgrades = (request: IncomingMessage): boolean =>
    request.headers.upgrade?.toLowerCase() === 'websocket' &&
    splitTarget(request.url ?? '/').rawPath === socketPath

  readonly upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    void this.#admit(request, socket, head).catch((error: unknown) => {
      this.#log('gateway.failed', { error: String(error) })
      refuseRaw(socket, 500)
    })
  }

  find(id: string): Connection | undefined {
    return this.#connections.get(id)
  }

  /** False when the connection is gone, or takes in less than it is sent and was cut for that. */
  send(id: string, data: Buffer): boolean {
    const connection = this.#connections.get(id)
    if (!connection || connection.socket.readyState !== connection.socket.OPEN) return false
    if (connection.socket.bufferedAmount > socketBacklogBytes) {
      connection.socket.terminate()
      return false
    }
    connection.lastActiveAt = this.#clock.now()
    connection.socket.send(data, { binary: false })
    return true
  }

  /** Says goodbye to everybody; whoever does not answer is cut off after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true
    const ends = [...this.#connections.values()].map(({ socket }) => {
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      socket.close(1001, 'Going away')
      return ended
    })
    await giveTime(this.#clock, graceMs, Promise.all(ends))
    for (const { socket } of this.#connections.values()) socket.terminate()
    await Promise.all(ends)
  }

  async #admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#closed) return refuseRaw(socket, 503)
    if (!isOurs(request.headers.host)) return refuseRaw(socket, 421)
    const connection = this.#describe(request)
    const event = events.connectEvent(connection, request)
    const status = await this.#ask('$connect', event)
    if (status >= 400) return refuseRaw(socket, status)
    if (this.#closed || socket.destroyed) return this.#forget(connection, 1006, '')
    let welcomed = false
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      welcomed = true
      this.#welcome({ ...connection, lastActiveAt: connection.connectedAt, socket: ws }, socket)
    })
    // The library has refused the handshake itself, and said so to the client.
    if (!welcomed) this.#forget(connection, 1006, '')
  }

  /** The status that decides over the connection. */
  async #ask(route: '$connect', event: unknown): Promise<number> {
    try {
      const answer = await this.#invoke(`socket/${socketRoutes[route]}`, event)
      const { statusCode } = (answer ?? {}) as { statusCode?: unknown }
      return Number(statusCode ?? 500)
    } catch (error) {
      this.#log('function.failed', { function: socketRoutes[route], error: String(error) })
      return 500
    }
  }

  #describe(request: IncomingMessage): events.Connected {
    return {
      // As API Gateway's: URL-safe base64 with padding, so that callers have to encode it in a path.
      id: `${randomBytes(11).toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`,
      connectedAt: this.#clock.now(),
      sourceIp: request.socket.remoteAddress ?? '',
      userAgent: request.headers['user-agent'] ?? '',
      domainName: request.headers.host ?? '',
    }
  }

  #welcome(connection: Connection, stream: Duplex): void {
    const { socket } = connection
    let tooLarge = false
    const active = () => void (connection.lastActiveAt = this.#clock.now())
    const watch = frameLimit(() => {
      tooLarge = true
      socket.close(1009, 'Message too big')
    })
    stream.prependListener('data', watch)
    let running = 0
    this.#connections.set(connection.id, connection)
    const ended = new AbortController()
    socket.on('error', () => {})
    socket.on('ping', active)
    socket.on('pong', active)
    socket.on('message', (data: Buffer, isBinary) => {
      active()
      if (tooLarge) return
      running++
      if (running >= messagesAtOnce) socket.pause()
      void this.#deliver(connection, data, isBinary).finally(() => {
        running--
        if (running < messagesAtOnce) socket.resume()
      })
    })
    socket.on('close', (code, reason) => {
      ended.abort()
      this.#connections.delete(connection.id)
      this.#forget(connection, code, reason.toString())
    })
    void this.#watchOver(connection, ended.signal).catch(() => {})
  }

  async #deliver(connection: Connection, data: Buffer, isBinary: boolean): Promise<void> {
    const route = events.routeOfMessage(data.toString('utf8'))
    const event = {
      ...events.socketEvent(connection, route, this.#clock.now()),
      body: data.toString(isBinary ? 'base64' : 'utf8'),
      isBase64Encoded: isBinary,
    }
    try {
      await this.#invoke(`socket/${socketRoutes[route]}`, event)
    } catch (error) {
      this.#log('function.failed', { function: socketRoutes[route], error: String(error) })
      const { connectionId, requestId } = event.requestContext
      const message = 'Internal server error'
      this.send(connection.id, Buffer.from(JSON.stringify({ message, connectionId, requestId })))
    }
  }

  #forget(connection: events.Connected, code: number, reason: string): void {
    const event = events.disconnectEvent(connection, this.#clock.now(), code, reason)
    this.#invoke(`socket/${socketRoutes.$disconnect}`, event).catch((error: unknown) =>
      this.#log('function.failed', { function: socketRoutes.$disconnect, error: String(error) }),
    )
  }

  /** Ends a connection that is idle for too long, or old. */
  async #watchOver(connection: Connection, signal: AbortSignal): Promise<void> {
    const end = connection.connectedAt + socketLifeMs
    for (;;) {
      const until = Math.min(connection.lastActiveAt + socketIdleMs, end)
      const rest = until - this.#clock.now()
      if (rest <= 0) return connection.socket.close(1001, 'Going away')
      await this.#clock.sleep(rest, signal)
    }
  }
}
