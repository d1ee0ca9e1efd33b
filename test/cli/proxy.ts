/** Stands between the CLI and the API and does what networks and gateways do to requests. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  method: string
  path: string
  headers: IncomingMessage['headers']
}
/**
 * refuse: the connection ends before the API hears of it · lose: the API does it, its answer is lost · an answer:
 * instead of the API's · change: the API's answer, altered
 */
export type Deed =
  | 'pass'
  | 'refuse'
  | 'lose'
  | { status: number; headers?: Record<string, string>; body: string }
  | { change: (answer: { headers: Record<string, string>; body: string }) => void }

export interface Proxy {
  readonly url: string
  readonly asked: readonly Asked[]
  close(): Promise<void>
}

export const startProxy = async (
  target: string,
  deedFor: (asked: Asked) => Deed,
): Promise<Proxy> => {
  const asked: Asked[] = []
  const server = createServer((incoming, outgoing) => {
    const { method = '', url: path = '', headers } = incoming
    const one = { method, path, headers }
    asked.push(one)
    const deed = deedFor(one)
    if (deed === 'refuse') incoming.socket.destroy()
    else if (typeof deed === 'object' && 'status' in deed)
      outgoing.writeHead(deed.status, deed.headers).end(deed.body)
    else void forward(target, incoming, outgoing, deed)
  })
  await new Promise<void>((listening) => server.listen(0, '0.0.0.0', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

const read = async (stream: IncomingMessage) => {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const forward = async (
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  deed: Exclude<Deed, 'refuse' | { status: number }>,
) => {
  const { method, headers } = incoming
  const body = await read(incoming)
  const onward = { ...headers, host: new URL(target).host }
  const sent = request(new URL(incoming.url ?? '', target), { method, headers: onward })
  sent.on('error', () => incoming.socket.destroy())
  sent.on('response', async (response) => {
    const text = (await read(response)).toString()
    if (deed === 'lose') return incoming.socket.destroy()
    const answer = { headers: response.headers as Record<string, string>, body: text }
    delete answer.headers['content-length']
    if (deed !== 'pass') deed.change(answer)
    outgoing.writeHead(response.statusCode ?? 500, answer.headers).end(answer.body)
  })
  sent.end(body)
}
