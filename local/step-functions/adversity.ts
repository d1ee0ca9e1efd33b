/**
 * What a test can switch on to make this home as unkind as a real cloud may be. Each figure is a
 * probability from 0 to 1.
 */
import type { Clock } from '../../core/clock.ts'
import type { Invoke } from './invocations.ts'

export interface Adversity {
  random: () => number
  /** A function is invoked a second time with the same payload; the second answer counts. */
  duplicateInvocations?: number
  /** A callback arrives up to a second after it was sent. */
  lateCallbacks?: number
  /** A call took effect, but the caller (or the task that invoked a function) is told that it failed. */
  lostAnswers?: number
}

/** Looks to the SDK like a connection that broke, so that it tries again. */
export class AnswerLost extends Error {
  override name = 'TimeoutError'
}

export function strike(adversity: Adversity | undefined, kind: keyof Omit<Adversity, 'random'>) {
  const chance = adversity?.[kind] ?? 0
  return adversity !== undefined && chance > 0 && adversity.random() < chance
}

export function unkind(invoke: Invoke, adversity: Adversity | undefined): Invoke {
  if (!adversity) return invoke
  return async (functionName, payload, signal) => {
    if (strike(adversity, 'duplicateInvocations')) {
      await invoke(functionName, structuredClone(payload), signal).catch(() => {})
    }
    const answer = await invoke(functionName, payload, signal)
    if (!strike(adversity, 'lostAnswers')) return answer
    throw Object.assign(new Error('the answer was lost'), { name: 'Lambda.SdkClientException' })
  }
}

export async function delayCallback(adversity: Adversity | undefined, clock: Clock): Promise<void> {
  if (strike(adversity, 'lateCallbacks')) await clock.sleep(adversity!.random() * 1_000)
}
