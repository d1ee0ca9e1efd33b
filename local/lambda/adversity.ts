/**
 * What a real Lambda may do to callers that believe in exactly once: run a function twice for one event, or run it
 * and lose the answer. Streams, the bus and schedules must bear it; state machines have the same of their own.
 */
import type { Adversity } from '../adversity.ts'
import { LambdaError } from './failures.ts'

export type Invoke = (name: string, event: unknown) => Promise<unknown>

export function unkind(invoke: Invoke, adversity: Adversity | undefined): Invoke {
  if (!adversity) return invoke
  const { random, duplicateInvocations = 0, lostAnswers = 0 } = adversity
  return async (name, event) => {
    if (random() < duplicateInvocations) await invoke(name, event).catch(() => {})
    const answer = await invoke(name, event)
    if (random() < lostAnswers) throw new LambdaError('ServiceException', 'The answer was lost')
    return answer
  }
}
