/** Takes in a request's body up to the gateway's limit; what comes after that is read and thrown away. */
import type { IncomingMessage } from 'node:http'
import { httpBodyBytes } from './gateway-limits.ts'

export function readBody(request: IncomingMessage): Promise<Buffer | 'too large' | 'broken off'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const tooLarge = () => {
      chunks.length = 0
      resolve('too large')
    }
    if (Number(request.headers['content-length'] ?? 0) > httpBodyBytes) tooLarge()
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > httpBodyBytes) tooLarge()
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve('broken off'))
    request.on('close', () => resolve('broken off'))
  })
}
