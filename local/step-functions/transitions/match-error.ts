/** Which failures a name in ErrorEquals means. Names are case-sensitive. */
import type { Failure } from '../errors.ts'

/** Failures that States.ALL and States.TaskFailed do not mean: only their own name does. */
const terminal = new Set(['States.DataLimitExceeded', 'States.Runtime'])

export function matches(names: string[], { error }: Failure): boolean {
  return names.some((name) => {
    if (name === error) return true
    if (name === 'States.ALL') return !terminal.has(error)
    if (name === 'States.TaskFailed') return error !== 'States.Timeout' && !terminal.has(error)
    // A missed heartbeat is a kind of timeout.
    return name === 'States.Timeout' && error === 'States.HeartbeatTimeout'
  })
}
