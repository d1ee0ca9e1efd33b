import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { ManualClock } from '../core/clock.ts'
import { readSignature, verifySignature } from '../core/contract/signature.ts'
import { reachControlPlane } from './control-plane.ts'
import { attendDoorbell } from './doorbell.ts'
import { identityOf } from './identity.ts'
import { silent } from './log.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')

/** A bell push, an agent's doorbell, and a clock between them that only the test moves. */
const installed = async (given: { autoPong?: boolean } = {}) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...given })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clock = new ManualClock()
  const end = new AbortController()
  const { signal } = end
  const url = `http://127.0.0.1:${port}`
  const random = randomBytes
  const { sign } = reachControlPlane({ url, identity: identityOf(privateKey), clock, random })
  let rings = 0
  let heard = Promise.withResolvers<void>()
  const rung = () => {
    rings += 1
    heard.resolve()
  }
  const attending = attendDoorbell({
    url: `ws://127.0.0.1:${port}/v1/socket`,
    sign,
    rung,
    clock,
    random,
    signal,
    log: silent,
  })
  const connected = async () => {
    const [socket, request] = (await once(server, 'connection')) as [
      WebSocket,
      { url: string; headers: { authorization: string } },
    ]
    return { socket, request }
  }
  const ring = async () => {
    heard = Promise.withResolvers()
    await heard.promise
  }
  return {
    clock,
    connected,
    ring,
    rings: () => rings,
    /** Moves the clock until `event`, and says how far that was. */
    until: async <T>(event: Promise<T>, step: number): Promise<{ value: T; tookMs: number }> => {
      const from = clock.now()
      const over = new AbortController()
      const watched = event.finally(() => over.abort())
      while (!over.signal.aborted) {
        await clock.advance(step)
        await new Promise((resolve) => setImmediate(resolve))
      }
      return { value: await watched, tookMs: clock.now() - from }
    },
    [Symbol.asyncDispose]: async () => {
      end.abort(new Error('over'))
      await attending
      server.close()
      for (const socket of server.clients) socket.terminate()
    },
  }
}

test('it is signed for the path of the socket, rings when connected and at every message', async () => {
  await using bell = await installed()
  const ringing = bell.ring()
  const { socket, request } = await bell.connected()
  const signable = { method: 'GET', path: request.url, body: '' }
  const signed = readSignature(request.headers.authorization)!
  expect(request.url).toBe('/v1/socket')
  expect(verifySignature(signable, signed, publicKey)).toBe(true)
  await ringing
  const again = bell.ring()
  socket.send('whatever')
  await again
  expect(bell.rings()).toBe(2)
})

test('lost, it connects anew and rings, because something may have been missed', async () => {
  await using bell = await installed()
  const { socket } = await bell.connected()
  socket.terminate()
  const back = bell.connected().then(() => bell.ring())
  await bell.until(back, 100)
  expect(bell.rings()).toBeGreaterThanOrEqual(1)
})

test('cut again and again as soon as it is open, it takes its time', async () => {
  await using bell = await installed()
  const gaps: number[] = []
  for (let round = 0; round < 9; round += 1) {
    const { value, tookMs } = await bell.until(bell.connected(), 100)
    value.socket.terminate()
    gaps.push(tookMs)
  }
  expect(Math.max(...gaps)).toBeGreaterThan(10_000)
})

test('it is replaced before the cloud would cut it, and pings well within ten minutes', async () => {
  await using bell = await installed()
  const { socket } = await bell.connected()
  const pings: number[] = []
  socket.on('ping', () => pings.push(bell.clock.now()))
  const { tookMs } = await bell.until(bell.connected(), 5000)
  expect(tookMs).toBeGreaterThan(60 * 60_000)
  expect(tookMs).toBeLessThan(2 * 3_600_000)
  const gaps = pings.slice(1).map((at, index) => at - pings[index]!)
  expect(gaps.length).toBeGreaterThan(10)
  expect(Math.max(...gaps)).toBeLessThan(10 * 60_000)
})

test('a socket that no longer answers pings is given up', async () => {
  await using bell = await installed({ autoPong: false })
  await bell.connected()
  const { tookMs } = await bell.until(bell.connected(), 5000)
  expect(tookMs).toBeLessThan(10 * 60_000)
})
