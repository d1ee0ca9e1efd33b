/** Requests that no well-behaved client sends: the target, the headers and the bytes go out exactly as given. */
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Received } from './held-answer.ts'

export interface Raw {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
}

export const sendRaw = (url: string, path: string, raw: Raw = {}): Promise<Received> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const { method = 'GET', headers = {}, body } = raw
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request(
      { hostname, port, method, path: '/', headers: { ...length, ...headers }, agent: false },
      (response) => {
        const told = Object.entries(response.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ])
        text(response).then(
          (said) =>
            resolve({ status: response.statusCode!, headers: new Headers(told), text: said }),
          reject,
        )
      },
    )
    // Set past the client's own check of what a path may hold.
    sent.path = path
    sent.on('error', reject)
    sent.end(body)
  })

/** Bytes to a socket, and what comes back until it is closed. */
export const sendBytes = (url: string, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'))
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
  })
