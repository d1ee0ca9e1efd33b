/**
 * Whether a function's role lets a request through, as IAM would decide it: as much of its language as the templates use.
 * A condition it does not know is an error, never a yes.
 */
import type { FunctionName } from '../../core/contract/function-name.ts'
import { functionFile } from '../../infra/source-files.ts'
import { idsIn, lambda, type Templates } from './templates.ts'

export interface Statement {
  Sid?: string
  Effect: 'Allow' | 'Deny'
  Action: string | string[]
  Resource: unknown
  Condition?: Record<string, Record<string, unknown>>
}

interface Policy {
  PolicyDocument: { Statement: Statement[] }
}

export interface Ask {
  action: string
  resource: string
  /** Condition keys and their values. */
  context?: Record<string, string | string[]>
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value])

const isLike = (pattern: string, text: string) => {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(text)
}

/** All statements of all policies of a role. */
export function statementsOf(templates: Templates, roleId: string): Statement[] {
  const inline = (templates.find(roleId).Properties['Policies'] ?? []) as Policy[]
  const attached = templates
    .of<Policy & { Roles: unknown }>('AWS::IAM::Policy')
    .filter(({ Roles }) => idsIn(Roles).includes(roleId))
  return [...inline, ...attached].flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
}

export function roleOf(templates: Templates, name: FunctionName): string {
  const [, found] = templates
    .every(lambda)
    .find(([, { Properties }]) => Properties['Description'] === functionFile(name))!
  return idsIn(found.Properties['Role'])[0]!
}

export function allows(templates: Templates, statements: readonly Statement[], ask: Ask): boolean {
  const matching = statements.filter(
    ({ Action, Resource, Condition = {} }) =>
      list(Action).some((pattern) => isLike(pattern, ask.action)) &&
      list(Resource).some((each) => isLike(templates.textOf(each), ask.resource)) &&
      Object.entries(Condition).every(([test, keys]) =>
        Object.entries(keys).every(([key, wanted]) =>
          holds(
            test,
            ask.context?.[key],
            list(wanted).map((each) => templates.textOf(each)),
          ),
        ),
      ),
  )
  return matching.length > 0 && matching.every(({ Effect }) => Effect === 'Allow')
}

function holds(test: string, given: string | string[] | undefined, wanted: string[]): boolean {
  const values = given === undefined ? [] : list(given)
  if (test === 'Null') return (values.length === 0) === (wanted[0] === 'true')
  if (test === 'ForAllValues:StringLike')
    return values.every((value) => wanted.some((pattern) => isLike(pattern, value)))
  if (test === 'StringEquals') return values.length === 1 && wanted.includes(values[0]!)
  throw new Error(`this test does not know the condition ${test}`)
}
