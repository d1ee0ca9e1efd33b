/**
 * A WebSocket that only says "look into your mailbox". Nothing depends on it: whatever it says or fails to say, the
 * agent looks on a slow timer too, and once whenever the bell is connected anew. The cloud cuts a socket after two
 * hours, and after ten minutes of silence: we ping well within that and replace the socket before its time.
 */
import { WebSocket } from 'ws'
import type { Clock } from '../core/clock.ts'
import type { RandomBytes } from '../core/ids.ts'
import { delayOf, spread } from './backoff.ts'
import { say } from './failures.ts'
import type { Log } from './log.ts'
import { socketPath } from '../core/contract/cloud.ts'

export interface DoorbellOptions {
  url: string
  sign(method: string, path: string, body: string): string
  rung(): void
  clock: Clock
  random: RandomBytes
  signal: AbortSignal
  log: Log
  pingMs?: number
  replaceMs?: number
}

/** Signed whatever the address is: at AWS the socket has a host and a stage of its own. */
const steadyMs = 30_000
const backoff = { firstMs: 500, limitMs: 60_000 }
const defaults = { pingMs: 4 * 60_000, replaceMs: 90 * 60_000 }

const connect = ({ url, sign }: DoorbellOptions) => {
  const authorization = sign('GET', socketPath, '')
  return new WebSocket(url, {
    headers: { authorization },
    handshakeTimeout: 10_000,
    maxPayload: 64 * 1024,
    perMessageDeflate: false,
  })
}

/** Pings until the socket is as old as it may get; a ping that went unanswered ends it. */
const keepAlive = async (socket: WebSocket, options: DoorbellOptions, closed: AbortSignal) => {
  const { clock, random, pingMs = defaults.pingMs } = options
  const until = clock.now() + spread(options.replaceMs ?? defaults.replaceMs, random)
  let answered = true
  socket.on('pong', () => (answered = true))
  while (answered && clock.now() < until) {
    answered = false
    socket.ping()
    await clock.sleep(Math.min(pingMs, Math.max(1, until - clock.now())), closed)
  }
}

/** One socket's life. Resolves with how long it was open. */
const listen = async (options: DoorbellOptions, quiet: boolean) => {
  const { signal, rung, log, clock } = options
  signal.throwIfAborted()
  const socket = connect(options)
  const closed = new AbortController()
  const end = () => socket.terminate()
  signal.addEventListener('abort', end, { once: true })
  let openedAt: number | undefined
  const over = new Promise<void>((resolve) => {
    socket.on('close', () => {
      closed.abort()
      resolve()
    })
  })
  socket.on('error', (error) => {
    if (!signal.aborted && !quiet) log('warn', 'doorbell lost', { reason: say(error) })
  })
  socket.on('message', rung)
  socket.on('open', () => {
    openedAt = clock.now()
    rung()
    keepAlive(socket, options, closed.signal).then(end, () => {})
  })
  await over
  signal.removeEventListener('abort', end)
  return openedAt === undefined ? 0 : clock.now() - openedAt
}

/** Listens until aborted. */
export const attendDoorbell = async (options: DoorbellOptions) => {
  const { clock, random, signal } = options
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    // One that is cut as soon as it is open is no reason to hurry.
    if ((await listen(options, attempt > 0)) > steadyMs) attempt = 0
    if (signal.aborted) return
    await clock.sleep(delayOf(backoff, attempt, random), signal).catch(() => {})
  }
}
