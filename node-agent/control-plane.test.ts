import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as z from 'zod'
import { expect, test } from 'vitest'
import { ManualClock } from '../core/clock.ts'
import { Failure, problemOf } from '../core/contract/failures.ts'
import { readSignature, verifySignature } from '../core/contract/signature.ts'
import { reachControlPlane, type ControlPlaneOptions } from './control-plane.ts'
import { identityOf } from './identity.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const identity = identityOf(privateKey)
const { signal } = new AbortController()
const Anything = z.object({ commands: z.array(z.unknown()) })

const serving = async (answer: RequestListener, given: Partial<ControlPlaneOptions> = {}) => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const clock = new ManualClock()
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const controlPlane = reachControlPlane({ url, identity, clock, random: randomBytes, ...given })
  return {
    clock,
    look: (until = signal) =>
      controlPlane.ask('take-commands', { incarnation: 'i' }, Anything, { signal: until }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('each request is signed over what is sent, and no nonce comes twice', async () => {
  const nonces = new Set<string>()
  const verified: boolean[] = []
  await using cloud = await serving(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const signed = readSignature(request.headers.authorization)!
    nonces.add(signed.nonce)
    const signable = { method: request.method!, path: request.url!, body }
    verified.push(
      verifySignature(signable, signed, publicKey),
      verifySignature({ ...signable, body: `${body} ` }, signed, publicKey),
    )
    response.end('{"commands":[],"more":"than we know"}')
  })
  expect(await cloud.look()).toEqual({ commands: [] })
  await cloud.look()
  expect(nonces.size).toBe(2)
  expect(verified).toEqual([true, false, true, false])
})

const problem = problemOf(new Failure('CLOUD_UNAVAILABLE', 'later', { retryAfterSeconds: 7 }))
test.each([
  ['a problem', 503, JSON.stringify(problem), {}, 'CLOUD_UNAVAILABLE', 7000],
  [
    'a problem and a header',
    503,
    JSON.stringify(problem),
    { 'retry-after': '9' },
    'CLOUD_UNAVAILABLE',
    9000,
  ],
  ['a proxy’s page', 502, '<html>', { 'retry-after': '3' }, 'ANSWER_INVALID', 3000],
  ['a year of patience', 429, '', { 'retry-after': '31536000' }, 'ANSWER_INVALID', 300_000],
  [
    'a date to retry after',
    429,
    '',
    { 'retry-after': 'Fri, 1 Jan 2027 00:00:00 GMT' },
    'ANSWER_INVALID',
    0,
  ],
  ['a code we do not know', 400, '{"code":"NEW","detail":"x"}', {}, 'ANSWER_INVALID', 0],
  ['another shape', 200, '{"commands":"none"}', {}, 'ANSWER_INVALID', 0],
  ['half an answer', 200, '{"comm', {}, 'ANSWER_INVALID', 0],
  ['a redirect', 302, '', { location: 'http://127.0.0.1:1/' }, 'UNREACHABLE', 0],
])('%s has a name', async (_, status, text, headers, code, retryAfterMs) => {
  await using cloud = await serving((_request, response) => {
    response.writeHead(status, headers).end(text)
  })
  await expect(cloud.look()).rejects.toMatchObject({ code, retryAfterMs })
})

test('a control plane that takes the request and says nothing is given up', async () => {
  const arrived = Promise.withResolvers<void>()
  await using cloud = await serving(() => arrived.resolve())
  const asked = cloud.look()
  asked.catch(() => {})
  await arrived.promise
  await cloud.clock.advance(10_000)
  await expect(asked).rejects.toMatchObject({ code: 'UNREACHABLE' })
})

test('whoever asks can stop asking, also while waiting for a turn', async () => {
  const arrived = Promise.withResolvers<void>()
  await using cloud = await serving(() => arrived.resolve(), { parallel: 1 })
  const stop = new AbortController()
  const asked = [cloud.look(stop.signal), cloud.look(stop.signal)]
  await arrived.promise
  const reason = new Error('stop')
  stop.abort(reason)
  for (const each of await Promise.allSettled(asked)) expect(each).toMatchObject({ reason })
})

test('nobody there is UNREACHABLE', async () => {
  const controlPlane = reachControlPlane({
    url: 'http://127.0.0.1:1',
    identity,
    clock: new ManualClock(),
    random: randomBytes,
  })
  await expect(
    controlPlane.ask('take-commands', { incarnation: 'i' }, Anything, { signal }),
  ).rejects.toMatchObject({ code: 'UNREACHABLE' })
})
