/** What dynalite's grammar lets pass in a condition and the service does not. */
import { invalid } from './errors.ts'
import type { Condition } from './expression-trees.ts'
import { limits } from './limits.ts'

const ordered = new Set(['<', '<=', '>', '>=', 'between'])
const sortable = new Set(['S', 'N', 'B'])

/** Refuses order comparisons with unordered literals and too much of anything; counts operators. */
export function checkOperands(condition: Condition, label: string): number {
  if (condition.type === 'and' || condition.type === 'or' || condition.type === 'not') {
    const operators = condition.args.reduce((sum, arg) => sum + checkOperands(arg, label), 1)
    if (operators > limits.expressionOperators) {
      throw invalid(
        `Invalid ${label}: The expression contains too many operators; operator limit: ${limits.expressionOperators}`,
      )
    }
    return operators
  }
  if (ordered.has(condition.type)) {
    for (const operand of condition.args) {
      if (!('reference' in operand)) continue
      const type = Object.keys(operand)[0]!
      if (sortable.has(type)) continue
      throw invalid(
        `Invalid ${label}: Incorrect operand type for operator or function; operator or function: ${condition.type.toUpperCase()}, operand type: ${type}`,
      )
    }
  }
  if (condition.type === 'in' && condition.args.length > limits.inOperands + 1) {
    throw invalid(
      `Invalid ${label}: The IN operator is provided with too many operands; number of operands: ${condition.args.length - 1}`,
    )
  }
  return 1
}
