import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Stack } from 'aws-cdk-lib'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { beforeAll, expect, test } from 'vitest'
import { functionTimeoutSeconds, table } from '../../core/contract/cloud.ts'
import { checked } from '../../infra/compose.ts'
import { functionNames, productVersion, root } from '../../infra/source-files.ts'
import { allows, roleOf, statementsOf } from './policy.ts'
import { idsIn, lambda, synthesise, type Templates } from './templates.ts'

let templates: Templates
beforeAll(() => {
  templates = synthesise()
})

const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' })
const keySchema = (partitionKey: string, sortKey: string) => [
  { AttributeName: partitionKey, KeyType: 'HASH' },
  { AttributeName: sortKey, KeyType: 'RANGE' },
]

test('the table is the one of the contract', () => {
  const [properties] = templates.of<Record<string, unknown>>('AWS::DynamoDB::Table')
  const names = [table, ...table.indexes].flatMap((of) => [of.partitionKey, of.sortKey])
  expect(properties).toMatchObject({
    KeySchema: keySchema(table.partitionKey, table.sortKey),
    AttributeDefinitions: names.map(text),
    GlobalSecondaryIndexes: table.indexes.map(({ name, partitionKey, sortKey }) => ({
      IndexName: name,
      KeySchema: keySchema(partitionKey, sortKey),
      Projection: { ProjectionType: 'ALL' },
    })),
    TimeToLiveSpecification: { AttributeName: table.timeToLive, Enabled: true },
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    BillingMode: 'PAY_PER_REQUEST',
  })
})

test('what must survive cannot be deleted by mistake, and can be taken back to any second', () => {
  const [properties] = templates.of<Record<string, unknown>>('AWS::DynamoDB::Table')
  expect(properties).toMatchObject({
    DeletionProtectionEnabled: true,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
  for (const each of Object.values(templates.state.Resources)) {
    expect(each.DeletionPolicy).toBe('Retain')
    expect(each.UpdateReplacePolicy).toBe('Retain')
  }
})

test('the table is encrypted under a key of ours, and our keys are renewed every year', () => {
  const [encryption] = templates
    .of<{ SSESpecification: Record<string, unknown> }>('AWS::DynamoDB::Table')
    .map((each) => each.SSESpecification)
  expect(encryption).toMatchObject({ SSEEnabled: true, SSEType: 'KMS' })
  const keyId = idsIn(encryption!['KMSMasterKeyId'])[0]!
  expect(templates.find(keyId).Type).toBe('AWS::KMS::Key')
  for (const key of templates.of<{ EnableKeyRotation: boolean }>('AWS::KMS::Key'))
    expect(key.EnableKeyRotation).toBe(true)
})

test('every function runs on Node 24 on arm64, no longer than the contract says, with a log that ends', () => {
  for (const [id, { Properties }] of templates.every(lambda)) {
    expect(Properties, `${id}`).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: functionTimeoutSeconds,
    })
    const log = idsIn(Properties['LoggingConfig'])[0]!
    expect(templates.find(log).Properties['RetentionInDays']).toBeGreaterThan(0)
  }
  for (const [id, { Properties }] of templates.every('AWS::Logs::LogGroup'))
    expect(Properties['RetentionInDays'], `${id}`).toBeGreaterThan(0)
})

test('a function is given what it reads from the environment, and no secret', () => {
  const config = readFileSync(join(root, 'functions/aws/config.ts'), 'utf8')
  const read = [...config.matchAll(/required\('(\w+)'\)|process\.env\.(\w+)/g)].flatMap(
    ([, required, optional]) => required ?? optional ?? [],
  )
  for (const { Environment } of templates.of<{
    Environment: { Variables: Record<string, unknown> }
  }>(lambda)) {
    expect(Object.keys(Environment.Variables).toSorted()).toEqual(read.toSorted())
    const told = Object.values(Environment.Variables).filter((value) => typeof value === 'string')
    expect(told).toEqual([productVersion()])
  }
})

test('nobody may do "everything", or something to "everything", but for what AWS offers no other way', () => {
  const roles = templates.every('AWS::IAM::Role').map(([id]) => statementsOf(templates, id))
  const wild = roles.flat().flatMap(({ Action, Resource, Effect }) => {
    const actions = [Action].flat()
    expect(Effect).toBe('Allow')
    expect(actions.filter((action) => action.includes('*'))).toEqual([])
    const resources = [Resource].flat().map((each) => templates.textOf(each))
    return resources.filter((each) => each.includes('*')).map((each) => `${actions[0]} on ${each}`)
  })
  const connections =
    /^execute-api:ManageConnections on \S+:<SocketGateApi\w+>\/v1\/POST\/@connections\/\*$/
  const known = ['logs:CreateLogDelivery on *', 'xray:PutTraceSegments on *']
  expect(wild.filter((each) => !known.includes(each) && !connections.test(each))).toEqual([])
})

test('each function has a role of its own', () => {
  const roles = functionNames().map((name) => roleOf(templates, name))
  expect(new Set(roles).size).toBe(functionNames().length)
})

test('R can be written by three steps and the report that accepts it, alone or in company, and by nobody else', () => {
  const resource = '<TableCD117FA1.Arn>'
  const [tableId] = templates.every('AWS::DynamoDB::Table')[0]!
  expect(resource).toBe(`<${tableId}.Arn>`)
  const writers = functionNames().filter((name) => {
    const statements = statementsOf(templates, roleOf(templates, name))
    const may = (action: string, ...keys: string[]) =>
      allows(templates, statements, { action, resource, context: { 'dynamodb:LeadingKeys': keys } })
    const actions = ['PutItem', 'UpdateItem', 'DeleteItem'].map((each) => `dynamodb:${each}`)
    // Without keys to judge by there is no permission at all.
    expect(actions.some((action) => may(action))).toBe(false)
    return actions.some((action) => may(action, 'OWNER#vm-1'))
  })
  expect(writers).toEqual([
    'agent/report',
    'steps/finish-delete-vm',
    'steps/release-host',
    'steps/reserve-host',
  ])
})

test('what breaks good practice is not synthesised', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'novacron-synth-'))
  try {
    const app = checked({ outdir, againstSchemas: false })
    void new Queue(new Stack(app, 'careless'), 'Unencrypted')
    expect(() => app.synth()).toThrow(/AwsSolutions-SQS4/)
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
})
