/**
 * What every step of a workflow shares: the operation it works for, and the phase it enters, written before it acts.
 * A step may run twice, or again after its answer was lost: each is written so that the second time finds it done. One
 * that enters a phase begins something, and nothing begins for an operation that is over; to undo, and to end, is
 * always allowed.
 */
import { enterPhase, isOver, type Phase } from '../../core/operation.ts'
import { Failure } from '../../core/contract/failures.ts'
import { isBusy } from './busy.ts'
import { clock } from './clock.ts'
import { log } from './log.ts'
import { changeOperation, loadOperation } from './operations.ts'
import { Lost, type Write } from './commit.ts'
import { keyOf } from './keys.ts'

/** What a workflow is started with, and hands to each of its steps. */
export interface Work {
  operationId: string
  tenantId: string
  vmId: string
  traceparent: string
}

export interface Moment {
  now: number
  at: string
}

/** What trying again helps against has a name that the workflows' Retry knows. */
const named = (error: unknown): unknown => {
  if (error instanceof Lost) return new Failure('CONFLICT')
  return isBusy(error) ? new Failure('CLOUD_UNAVAILABLE') : error
}

const over = (operationId: string) => new Failure('OPERATION_OVER', undefined, { operationId })

/** That the operation is not over when what is begun for it is written. */
export const expectUnderWay = async ({ tenantId, operationId }: Work): Promise<Write> => {
  const operation = await loadOperation(tenantId, operationId)
  if (isOver(operation)) throw over(operationId)
  return { expect: keyOf.operation(tenantId, operationId), was: operation.version }
}

export const step =
  <Payload extends { work: Work }, Result>(
    phase: Phase | null,
    act: (payload: Payload, moment: Moment) => Promise<Result>,
  ) =>
  async (payload: Payload): Promise<Result> => {
    const { operationId, tenantId } = payload.work
    const now = clock.now()
    const moment = { now, at: new Date(now).toISOString() }
    try {
      if (phase) {
        const operation = await changeOperation(tenantId, operationId, (found) =>
          enterPhase(found, phase, moment.at),
        )
        if (isOver(operation)) throw over(operationId)
      }
      return await act(payload, moment)
    } catch (error) {
      const failure = named(error)
      const { name, message } = failure as Error
      log('warn', 'a step failed', { operationId, error: name, detail: message })
      throw failure
    }
  }
