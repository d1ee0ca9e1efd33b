/** What Put, Update, Delete and ConditionCheck share, alone and inside a transaction. */
import { invalid } from './errors.ts'
import type { Bound, ConditionTree } from './expression-trees.ts'
import type { Expressions } from './expressions.ts'
import { limits } from './limits.ts'
import {
  expressionNamesAndValues,
  oneOf,
  requiredText,
  returnConsumedCapacity,
  text,
} from './parameters.ts'

export interface ConditionalInput {
  TableName: string
  ConditionExpression?: string
  ExpressionAttributeNames?: unknown
  ExpressionAttributeValues?: unknown
  ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE'
}

export const conditionalParameters = {
  TableName: requiredText,
  ConditionExpression: text,
  ...expressionNamesAndValues,
  ReturnValuesOnConditionCheckFailure: oneOf('ALL_OLD', 'NONE'),
}

/** What the single-item writes answer with, beside their effect. */
export const answerParameters = {
  ReturnConsumedCapacity: returnConsumedCapacity,
  ReturnItemCollectionMetrics: oneOf('SIZE', 'NONE'),
}

/** Which item of before or after a single write answers with. */
export const returnValues = oneOf('ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW')

export function checkReturnsOld(wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === 'NONE') return false
  if (wanted !== 'ALL_OLD') throw invalid('ReturnValues can only be ALL_OLD or NONE')
  return true
}

export function checkSize(bytes: number, message: string): void {
  if (bytes > limits.itemBytes) throw invalid(message)
}

export function conditionOf(
  input: ConditionalInput,
  expressions: Expressions,
): Bound<ConditionTree> | undefined {
  return input.ConditionExpression == null
    ? undefined
    : expressions.condition(input.ConditionExpression, 'ConditionExpression')
}
