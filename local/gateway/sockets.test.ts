/** The WebSocket gateway over real sockets, and its @connections API through the SDK's own client. */
import { once } from 'node:events'
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ManualClock, systemClock, type Clock } from '../../core/clock.ts'
import { silent } from '../log.ts'
import {
  socketFrameBytes,
  socketIdleMs,
  socketLifeMs,
  socketMessageBytes,
} from './gateway-limits.ts'
import { prepareGateway, type Gateway } from './gateway.ts'

interface Happened {
  name: string
  event: {
    headers?: Record<string, string>
    queryStringParameters?: Record<string, string>
    body?: string
    isBase64Encoded: boolean
    requestContext: { connectionId: string; eventType: string; routeKey: string } & Record<
      string,
      unknown
    >
  }
}

let open: Gateway | undefined
afterEach(async () => {
  await open?.close(0)
  open = undefined
})

/** A gateway whose functions note what they are called for. */
const serve = async ({
  clock = systemClock,
  answer = (_: string): unknown => ({ statusCode: 200 }),
}: { clock?: Clock; answer?: (name: string) => unknown } = {}) => {
  const happened: Happened[] = []
  let noted = () => {}
  const invoke = async (name: string, event: unknown) => {
    happened.push({ name, event: event as Happened['event'] })
    noted()
    return answer(name)
  }
  const { connections, open: opening } = prepareGateway({ port: 0, invoke, clock, log: silent })
  open = await opening()
  const client = new ApiGatewayManagementApiClient({
    requestHandler: connections as never,
    region: 'local',
    endpoint: 'http://home.invalid',
    credentials: { accessKeyId: 'home', secretAccessKey: 'home' },
  })
  const called = async (name: string) => {
    for (;;) {
      const found = happened.find((one) => one.name === `socket/${name}`)
      if (found) return found.event
      await new Promise<void>((resolve) => (noted = resolve))
    }
  }
  return { url: `${open.url.replace('http', 'ws')}/v1/socket`, happened, called, client }
}

const connected = async (url: string, headers: Record<string, string> = {}) => {
  const socket = new WebSocket(url, { headers })
  await once(socket, 'open')
  return socket
}

const closeOf = async (socket: WebSocket) => {
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

describe('a connection', () => {
  test('tells its functions what happens on it', async () => {
    const { url, called } = await serve()
    const socket = await connected(`${url}?a=1`, { Authorization: 'Bearer x' })
    const { requestContext, headers, queryStringParameters } = await called('connect')
    expect(headers).toMatchObject({ Authorization: 'Bearer x' })
    expect(queryStringParameters).toEqual({ a: '1' })
    expect(requestContext).toMatchObject({ routeKey: '$connect', eventType: 'CONNECT' })
    expect(requestContext.connectionId).toMatch(/^[\w-]{15}=$/)

    const message = JSON.stringify({ action: 'watch', after: 0 })
    socket.send(message)
    const watched = await called('watch')
    expect(watched).toMatchObject({ body: message, isBase64Encoded: false })
    expect(watched.requestContext).toMatchObject({
      routeKey: 'watch',
      eventType: 'MESSAGE',
      connectionId: requestContext.connectionId,
      messageId: expect.any(String) as string,
    })

    socket.close(1000, 'bye')
    expect((await called('disconnect')).requestContext).toMatchObject({
      eventType: 'DISCONNECT',
      connectionId: requestContext.connectionId,
      disconnectStatusCode: 1000,
      disconnectReason: 'bye',
    })
  })

  test.for(['no JSON', '"text"', 'null', '{}', '{"action":"nothing"}', '{"action":"$connect"}'])(
    'sends %s to the default route',
    async (message) => {
      const { url, called } = await serve()
      const socket = await connected(url)
      socket.send(message)
      expect(await called('refuse-message')).toMatchObject({
        body: message,
        requestContext: { routeKey: '$default' },
      })
    },
  )

  test.for([
    [{ statusCode: 401 }, 401],
    [{ statusCode: 403, body: 'no' }, 403],
    [{ statusCode: '500' }, 500],
    [null, 500],
  ] as const)('is refused by its $connect: %j', async ([answer, status]) => {
    const { url, happened } = await serve({ answer: () => answer })
    const socket = new WebSocket(url)
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ]
    expect(response.statusCode).toBe(status)
    expect(happened.map(({ name }) => name)).toEqual(['socket/connect'])
    socket.terminate()
    socket.on('error', () => {})
  })

  test('is refused under a name that is not ours', async () => {
    const { url, happened } = await serve()
    const socket = new WebSocket(url, { headers: { host: 'evil.example' } })
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ]
    expect(response.statusCode).toBe(421)
    expect(happened).toEqual([])
    socket.on('error', () => {})
    socket.terminate()
  })

  test('hears of a function that failed', async () => {
    const answer = (name: string) => {
      if (name === 'socket/watch') throw new TypeError('secret')
      return { statusCode: 200 }
    }
    const { url } = await serve({ answer })
    const socket = await connected(url)
    socket.send('{"action":"watch"}')
    const [data] = (await once(socket, 'message')) as [Buffer]
    expect(JSON.parse(data.toString())).toEqual({
      message: 'Internal server error',
      connectionId: expect.any(String) as string,
      requestId: expect.any(String) as string,
    })
  })

  test('takes messages up to their limit in frames up to theirs', async () => {
    const { url, called } = await serve()
    const socket = await connected(url)
    const frame = 'x'.repeat(socketFrameBytes)
    for (let part = 1; part < 4; part++) socket.send(frame, { fin: false })
    socket.send(frame, { fin: true })
    expect((await called('refuse-message')).body).toHaveLength(socketMessageBytes)
  })

  test.for([
    ['a frame over its limit', [socketFrameBytes + 1]],
    ['a message over its limit', [32_768, 32_768, 32_768, 32_768, 1]],
    ['a frame far over its limit', [4_000_000]],
  ] as const)('ends with 1009 at %s', async ([, frames]) => {
    const { url, happened, called } = await serve()
    const socket = await connected(url)
    frames.forEach((size, at) => socket.send('x'.repeat(size), { fin: at === frames.length - 1 }))
    expect(await closeOf(socket)).toBe(1009)
    await called('disconnect')
    expect(happened.map(({ name }) => name)).not.toContain('socket/refuse-message')
  })

  test('ends after ten idle minutes, which a message or a ping begins anew', async () => {
    const clock = new ManualClock()
    const { url, called } = await serve({ clock })
    const socket = await connected(url)
    await clock.advance(socketIdleMs - 1)
    socket.send('{}')
    await called('refuse-message')
    await clock.advance(socketIdleMs - 1)
    expect(socket.readyState).toBe(WebSocket.OPEN)
    const closed = closeOf(socket)
    await clock.advance(1)
    expect(await closed).toBe(1001)
  })

  test('ends after two hours, however busy', async () => {
    const clock = new ManualClock()
    const { url } = await serve({ clock })
    const socket = await connected(url)
    const closed = closeOf(socket)
    for (let at = 0; at < socketLifeMs; at += socketIdleMs / 2) {
      const pong = socket.readyState === WebSocket.OPEN ? once(socket, 'pong') : undefined
      if (pong) socket.ping()
      await Promise.race([pong, closed])
      await clock.advance(socketIdleMs / 2)
    }
    expect(await closed).toBe(1001)
  })

  test('is told goodbye when the gateway closes, and its $disconnect is called', async () => {
    const { url, called } = await serve()
    const socket = await connected(url)
    const closed = closeOf(socket)
    await open!.close(1_000)
    open = undefined
    expect(await closed).toBe(1001)
    await called('disconnect')
  })
})

describe('through the @connections API', () => {
  test('a function sends to a connection, looks at it and ends it', async () => {
    const { url, called, client } = await serve()
    const socket = await connected(url)
    const { connectionId: ConnectionId } = (await called('connect')).requestContext
    const message = once(socket, 'message')
    await client.send(new PostToConnectionCommand({ ConnectionId, Data: '{"kind":"bell"}' }))
    expect(String((await message)[0])).toBe('{"kind":"bell"}')

    const seen = await client.send(new GetConnectionCommand({ ConnectionId }))
    expect(seen).toMatchObject({
      ConnectedAt: expect.any(Date) as Date,
      Identity: { SourceIp: '127.0.0.1' },
    })

    const closed = closeOf(socket)
    await client.send(new DeleteConnectionCommand({ ConnectionId }))
    expect(await closed).toBe(1000)
    await called('disconnect')
    const gone = { name: 'GoneException', $metadata: { httpStatusCode: 410 } }
    const post = new PostToConnectionCommand({ ConnectionId, Data: 'x' })
    await expect(client.send(post)).rejects.toMatchObject(gone)
    await expect(client.send(new GetConnectionCommand({ ConnectionId }))).rejects.toMatchObject(
      gone,
    )
  })

  test('nobody is reached before $connect has ended', async () => {
    const admitted = Promise.withResolvers<unknown>()
    const { url, called, client } = await serve({ answer: () => admitted.promise })
    const socket = new WebSocket(url)
    const { connectionId: ConnectionId } = (await called('connect')).requestContext
    const post = new PostToConnectionCommand({ ConnectionId, Data: 'x' })
    await expect(client.send(post)).rejects.toMatchObject({ name: 'GoneException' })
    admitted.resolve({ statusCode: 200 })
    await once(socket, 'open')
  })

  test('a message over the limit is refused', async () => {
    const { url, called, client } = await serve()
    await connected(url)
    const { connectionId: ConnectionId } = (await called('connect')).requestContext
    const Data = Buffer.alloc(socketMessageBytes + 1, 'x')
    await expect(
      client.send(new PostToConnectionCommand({ ConnectionId, Data })),
    ).rejects.toMatchObject({ name: 'PayloadTooLargeException' })
  })
})
