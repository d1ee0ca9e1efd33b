/** What a line of permissions.ts is in the language of IAM. */
import { Aws } from 'aws-cdk-lib'
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Permissions, Read, Write } from './permissions.ts'

/** The ARNs that permissions are about. */
export interface Resources {
  table: string
  tableKey: string
  sealingKey: string
  workflow: (name: string) => string
  everyWorkflow: readonly string[]
  /** Every open connection of the socket's stage. */
  connections: string
}

const readActions: Record<Exclude<Read, 'index'>, string> = {
  item: 'dynamodb:GetItem',
  items: 'dynamodb:BatchGetItem',
  partition: 'dynamodb:Query',
  check: 'dynamodb:ConditionCheckItem',
}
const writeActions: Record<Write, string> = {
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
}
const keyActions = {
  read: ['kms:Decrypt', 'kms:DescribeKey'],
  write: [
    'kms:Encrypt',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
    'kms:GenerateDataKey',
    'kms:GenerateDataKeyWithoutPlaintext',
  ],
}

const allow = (sid: string, actions: string[], resources: string[], conditions = {}) =>
  actions.length > 0
    ? [new PolicyStatement({ sid, effect: Effect.ALLOW, actions, resources, conditions })]
    : []

const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1)

export function statementsFor(may: Permissions, at: Resources): PolicyStatement[] {
  const { reads, writes, starts, answers, seals, rings } = may
  const touchesTable = reads.length > 0 || writes.how.length > 0
  return [
    ...allow(
      'ReadTable',
      reads.flatMap((read) => (read === 'index' ? [] : [readActions[read]])),
      [at.table],
    ),
    ...allow('ReadIndex', reads.includes('index') ? ['dynamodb:Query'] : [], [
      `${at.table}/index/gsi1`,
    ]),
    // All writes of a function in one statement: a transaction may be judged by the keys of all its items.
    ...allow(
      'WriteTable',
      writes.how.map((how) => writeActions[how]),
      [at.table],
      {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': writes.where },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    ),
    ...allow(
      'UseTableKeyThroughTable',
      touchesTable ? [...keyActions.read, ...(writes.how.length > 0 ? keyActions.write : [])] : [],
      [at.tableKey],
      { StringEquals: { 'kms:ViaService': `dynamodb.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
    ),
    ...allow(
      'StartWorkflows',
      starts.length > 0 ? ['states:StartExecution'] : [],
      starts.map(at.workflow),
    ),
    ...allow(
      'AnswerForSteps',
      answers.map((how) => `states:SendTask${capital(how)}`),
      [...at.everyWorkflow],
    ),
    ...allow(
      'SealPageTokens',
      seals ? ['kms:Decrypt', 'kms:GenerateDataKey'] : [],
      [at.sealingKey],
      { StringEquals: { 'kms:EncryptionContext:purpose': 'page-tokens' } },
    ),
    ...allow('Ring', rings ? ['execute-api:ManageConnections'] : [], [at.connections]),
  ]
}
