/**
 * TransactWriteItems: up to 100 conditional writes, all or none. Every action is decided against the
 * items as they were; if one fails, the caller learns the reason of each. A token makes a repetition
 * harmless for ten minutes: it is stored in the same SQLite transaction as the effect.
 */
import { ConsumedCapacity } from '../consumed-capacity.ts'
import { invalid } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Operation, World } from '../operation.ts'
import {
  checkParameters,
  map,
  oneOf,
  requiredList,
  returnConsumedCapacity,
  text,
} from '../parameters.ts'
import { cancelled, reasonFor } from '../transaction-reasons.ts'
import type { Reason } from '../transaction-reasons.ts'
import { earlierAnswer, fingerprintOf, rememberAnswer } from '../transaction-tokens.ts'
import { carryOut, decide, writesSameItem } from '../write.ts'
import type { Decision, Write } from '../write.ts'
import { deleteParameters, planCheck, planDelete } from './delete-item.ts'
import { planPut, putParameters } from './put-item.ts'
import { planUpdate, updateParameters } from './update-item.ts'

interface TransactWriteItemsInput {
  TransactItems: unknown[]
  ClientRequestToken?: string
  ReturnConsumedCapacity?: string
}

const kinds = {
  Put: { parameters: putParameters, plan: planPut },
  Update: { parameters: updateParameters, plan: planUpdate },
  Delete: { parameters: deleteParameters, plan: planDelete },
  ConditionCheck: { parameters: deleteParameters, plan: planCheck },
} as const

type Kind = keyof typeof kinds

export const transactWriteItems: Operation<TransactWriteItemsInput> = {
  parameters: {
    TransactItems: requiredList,
    ClientRequestToken: text,
    ReturnConsumedCapacity: returnConsumedCapacity,
    ReturnItemCollectionMetrics: oneOf('SIZE', 'NONE'),
  },
  writes: true,
  run(world, input) {
    const actions = input.TransactItems.map(actionOf)
    checkCount(actions.length)
    const token = input.ClientRequestToken
    if (token !== undefined && (token === '' || token.length > 36)) {
      throw invalid(
        `1 validation error detected: Value '${token}' at 'clientRequestToken' failed to satisfy constraint: Member must have length between 1 and 36`,
      )
    }
    const fingerprint = token === undefined ? '' : fingerprintOf(input.TransactItems)
    const earlier = token === undefined ? undefined : earlierAnswer(world, token, fingerprint)
    if (earlier) return earlier
    const writes = actions.map((action) => kinds[action.kind].plan(world, action.input))
    if (writesSameItem(writes)) {
      throw invalid('Transaction request cannot include multiple operations on one item')
    }
    const decisions = decideAll(world, writes)
    world.contention?.decided(decisions)
    // A transaction costs twice: it is prepared and committed.
    const capacity = new ConsumedCapacity(2)
    for (const decision of decisions) carryOut(world, decision, capacity)
    const answer = capacity.list(input.ReturnConsumedCapacity)
    if (token !== undefined) rememberAnswer(world, token, fingerprint, answer)
    return answer
  },
}

export function checkCount(actions: number): void {
  if (actions >= 1 && actions <= limits.transactionItems) return
  throw invalid(
    `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${actions < 1 ? 'greater than or equal to 1' : 'less than or equal to 100'}`,
  )
}

function actionOf(action: unknown): { kind: Kind; input: never } {
  checkParameters('TransactWriteItems', action, {
    Put: map,
    Update: map,
    Delete: map,
    ConditionCheck: map,
  })
  const given = Object.entries(action as object).filter(([, value]) => value != null)
  if (given.length !== 1) {
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete')
  }
  const [kind, input] = given[0] as [Kind, never]
  checkParameters(kind, input, kinds[kind].parameters)
  if (
    kind === 'ConditionCheck' &&
    (input as { ConditionExpression?: string }).ConditionExpression == null
  ) {
    throw invalid('The ConditionExpression of a ConditionCheck must not be null')
  }
  return { kind, input }
}

function decideAll(world: World, writes: Write[]): Decision[] {
  const decisions: Decision[] = []
  const reasons: Reason[] = []
  let bytes = 0
  for (const [at, write] of writes.entries()) {
    try {
      world.contention?.strike(at, writes.length)
      const decision = decide(world, write)
      decisions.push(decision)
      bytes += Math.max(decision.before?.bytes ?? 0, decision.after?.bytes ?? 0)
      reasons.push({ Code: 'None' })
    } catch (error) {
      reasons.push(reasonFor(error))
    }
  }
  if (decisions.length < writes.length) throw cancelled(reasons)
  if (bytes > limits.transactionBytes) {
    throw invalid('The aggregate size of items in the transaction cannot exceed 4 MB')
  }
  return decisions
}
