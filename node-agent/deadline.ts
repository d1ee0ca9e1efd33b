/** Runs something with a signal that is aborted after `ms`, or when the caller's own signal is. */
import type { Clock } from '../core/clock.ts'

export class DeadlinePassed extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
    this.name = 'DeadlinePassed'
  }
}

export const within = async <T>(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted()
  const work = new AbortController()
  const timer = new AbortController()
  const give = () => work.abort(signal.reason)
  signal.addEventListener('abort', give, { once: true })
  clock.sleep(ms, timer.signal).then(
    () => work.abort(new DeadlinePassed(ms)),
    () => {},
  )
  try {
    return await run(work.signal)
  } finally {
    timer.abort()
    signal.removeEventListener('abort', give)
  }
}
