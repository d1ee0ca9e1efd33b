/** HTTP and WebSocket on one port of the loopback address, opened and closed together. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { Service } from '../../functions/aws/clients.ts'
import { LocalFailure } from '../failures.ts'
import { giveTime } from '../give-time.ts'
import type { Invoke } from '../lambda/adversity.ts'
import type { Log } from '../log.ts'
import { connectionsApi } from './connections.ts'
import { httpServer } from './http.ts'
import { Sockets } from './sockets.ts'

export interface GatewayOptions {
  port: number
  invoke: Invoke
  clock: Clock
  log: Log
}

export interface Gateway {
  readonly url: string
  /** What functions send to sockets through. */
  readonly connections: Service
  /** Stops accepting, gives what is under way so long to end, then cuts it off. */
  close(graceMs: number): Promise<void>
}

const loopback = '127.0.0.1'

/** In two steps, because functions need `connections` before anybody may call them. */
export function prepareGateway(options: GatewayOptions) {
  const sockets = new Sockets(options)
  const server = httpServer({ ...options, upgrades: sockets.upgrades, upgrade: sockets.upgrade })
  const open = async (): Promise<Gateway> => ({
    url: `http://${loopback}:${await listen(server, options.port)}`,
    connections,
    close: async (graceMs) => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()))
      await sockets.close(graceMs)
      await giveTime(options.clock, graceMs, ended)
      server.closeAllConnections()
      await ended
    },
  })
  const connections = connectionsApi(sockets)
  return { connections, open }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new LocalFailure('PORT_IN_USE', { port }))
      else if (error.code === 'EACCES')
        reject(new LocalFailure('PORT_FORBIDDEN', { port, reason: error.message }))
      else reject(error)
    }
    server.once('error', refuse)
    server.listen(port, loopback, () => {
      server.off('error', refuse)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
