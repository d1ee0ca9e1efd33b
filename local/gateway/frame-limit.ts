/**
 * Watches the frames of one WebSocket go by and tells of the first that is larger than API Gateway takes. The socket
 * library limits messages only, and most messages are one frame. A frame's head (RFC 6455, 5.2): two bytes, the
 * second holding the mask bit and a length; 126 and 127 say that the length follows in 2 or 8 bytes; then the mask.
 */
import { socketFrameBytes } from './gateway-limits.ts'

export function frameLimit(tooLarge: () => void): (chunk: Buffer) => void {
  let head = Buffer.alloc(0)
  let payloadLeft = 0
  return (chunk) => {
    let rest = chunk
    while (rest.length > 0) {
      if (payloadLeft > 0) {
        const skipped = Math.min(payloadLeft, rest.length)
        payloadLeft -= skipped
        rest = rest.subarray(skipped)
        continue
      }
      const before = head.length
      head = Buffer.concat([head, rest.subarray(0, 14 - before)])
      const frame = readHead(head)
      if (!frame) return
      if (frame.payloadBytes > socketFrameBytes) tooLarge()
      rest = rest.subarray(frame.headBytes - before)
      payloadLeft = frame.payloadBytes
      head = Buffer.alloc(0)
    }
  }
}

function readHead(head: Buffer): { headBytes: number; payloadBytes: number } | undefined {
  if (head.length < 2) return undefined
  const short = head[1]! & 0x7f
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0
  const maskBytes = head[1]! & 0x80 ? 4 : 0
  const headBytes = 2 + lengthBytes + maskBytes
  if (head.length < headBytes) return undefined
  if (lengthBytes === 0) return { headBytes, payloadBytes: short }
  const payloadBytes = lengthBytes === 2 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2))
  return { headBytes, payloadBytes }
}
