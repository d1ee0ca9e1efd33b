/** This room's share of the adversity that a test can switch on. */
import type { Clock } from '../../core/clock.ts'
import type { Adversity } from '../adversity.ts'
import type { Invoke } from './invocations.ts'

/** Looks to the SDK like a connection that broke, so that it tries again. */
export class AnswerLost extends Error {
  override name = 'TimeoutError'
}

type Kind = 'duplicateInvocations' | 'lateCallbacks' | 'lostAnswers'

export function strike(adversity: Adversity | undefined, kind: Kind) {
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
