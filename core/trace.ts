/** W3C Trace Context: one id follows a request through workflow, command, event and error text. */
import { randomBytes } from 'node:crypto'
import type { RandomBytes } from './ids.ts'

export interface Trace {
  traceId: string
  parentId: string
}

const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/

/** Continues the caller's trace, or begins one; an unreadable header begins one, as the standard asks. */
export const continueTrace = (
  traceparent: string | undefined,
  random: RandomBytes = randomBytes,
): Trace => {
  const hex = (size: number) => Buffer.from(random(size)).toString('hex')
  return { traceId: readTrace(traceparent)?.traceId ?? hex(16), parentId: hex(8) }
}

/** The trace a header holds, as it stands there. */
export const readTrace = (traceparent: string | undefined): Trace | undefined => {
  const match = pattern.exec(traceparent ?? '')
  return match ? { traceId: match[1]!, parentId: match[2]! } : undefined
}

export const traceparentOf = (trace: Trace) => `00-${trace.traceId}-${trace.parentId}-01`
