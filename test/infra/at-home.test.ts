import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type * as Clients from '../../functions/aws/clients.ts'
import type { HomeCloud, Service } from '../../functions/aws/clients.ts'
import { permissions } from '../../infra/permissions.ts'
import type { FunctionName } from '../../core/contract/function-name.ts'
import { functionFile, functionNames, root, workflowNames } from '../../infra/source-files.ts'
import type * as LocalFunctions from '../../local/lambda/functions.ts'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'
import { PuppetHost } from '../puppet-host.ts'
import { allows, roleOf, statementsOf, type Ask } from './policy.ts'
import { synthesise, type Templates } from './templates.ts'

/** Who runs, and what each has asked of the cloud. */
const { running, asked, refused } = vi.hoisted(() => ({
  running: {} as { by: AsyncLocalStorage<string> },
  asked: new Map<string, Map<string, { service: keyof HomeCloud; request: Sent }>>(),
  refused: new Set<string>(),
}))
running.by = new AsyncLocalStorage()

interface Sent {
  method: string
  path: string
  headers: Record<string, string>
  body?: string | Uint8Array
}

const textIn = ({ body = '' }: { body?: Sent['body'] }) =>
  typeof body === 'string' ? body : new TextDecoder().decode(body)

const watched = (name: keyof HomeCloud, service: Service): Service => ({
  handle(request, options) {
    const sent = request as Sent
    const by = running.by.getStore()
    const operation = sent.headers['x-amz-target']?.split('.').at(-1) ?? sent.path
    if (by) {
      const requests = asked.get(by) ?? new Map()
      requests.set(`${operation} ${textIn(sent)}`, {
        service: name,
        request: sent,
      })
      asked.set(by, requests)
    }
    if (refused.has(operation))
      return Promise.resolve({
        response: { statusCode: 400, headers: {}, body: Buffer.from('{}') },
      })
    return service.handle(request, options)
  },
})

vi.mock('../../functions/aws/clients.ts', async (importOriginal) => {
  const original = await importOriginal<typeof Clients>()
  return {
    ...original,
    serveAtHome: (cloud: HomeCloud | undefined) =>
      original.serveAtHome(
        cloud && {
          dynamodb: watched('dynamodb', cloud.dynamodb),
          stepFunctions: watched('stepFunctions', cloud.stepFunctions),
          keys: watched('keys', cloud.keys),
          sockets: watched('sockets', cloud.sockets),
        },
      ),
  }
})

vi.mock('../../local/lambda/functions.ts', async (importOriginal) => {
  const original = await importOriginal<typeof LocalFunctions>()
  return {
    ...original,
    findFunctions: () => {
      const { names, load } = original.findFunctions()
      const named: typeof load = async (name) => {
        const handler = await load(name)
        return (event, context) => running.by.run(name, () => handler(event, context))
      }
      return { names, load: named }
    },
  }
})

let under: CloudUnderTest
let templates: Templates
beforeAll(async () => {
  templates = synthesise()
  under = await startCloudUnderTest({ hosts: 1 })
  await live()
})
afterAll(() => under?.[Symbol.asyncDispose]())

/** Runs a function that only time or an accident would call. */
const call = async (name: FunctionName, event: unknown) => {
  const { handler } = (await import(join(root, functionFile(name)))) as {
    handler: (event: unknown) => Promise<unknown>
  }
  return running.by.run(name, () => handler(event))
}

/** A life in which every function has something to do. */
async function live() {
  const { admin: key, id: tenantId } = await under.tenant()
  await manage(key, tenantId)
  await watch(key)
  const vm = await under.vm(key)
  const given = { key, params: { vmId: vm.id } }
  await under.get('update-vm', { ...given, body: { labels: { env: 'dev' } } })
  await under.get('list-vms', { key, query: { pageSize: 1, filter: 'state = running' } })
  await under.over(await under.get('delete-vm', given), key)
  await failOnTheHost(key)
  await startLate(key)
  await withdraw(key)
  await under.get('read-events', { key, query: { after: 0, wait: 0 } })
}

async function manage(key: string, tenantId: string) {
  const made = await under.get('create-key', { key, body: { name: 'ci', role: 'viewer' } })
  const params = { keyId: made.id }
  await under.get('get-key', { key, params })
  await under.get('revoke-key', { key, params })
  await under.get('get-principal', { key })
  await under.get('get-tenant', { key, params: { tenantId } })
  await under.get('get-host', { params: { hostId: under.hostIds[0]! } })
  for (const list of ['list-tenants', 'list-hosts', 'list-keys'] as const)
    await under.get(list, { query: { pageSize: 1 } })
  await under.get('list-operations', { key })
}

async function watch(key: string) {
  const socket = new WebSocket(`${under.url.replace('http', 'ws')}/v1/socket`, {
    headers: { authorization: `Bearer ${key}` },
  })
  await once(socket, 'open')
  for (const action of ['watch', 'sing']) {
    socket.send(JSON.stringify({ action, after: 0 }))
    await once(socket, 'message')
  }
  socket.close()
  await vi.waitUntil(() => asked.has('socket/disconnect'), 10_000)
}

async function failOnTheHost(key: string) {
  under.faults.set('unlucky', 'fail')
  const body = { name: 'unlucky', vcpus: 1, memoryMiB: 64 }
  const { state } = await under.over(await under.get('create-vm', { key, body }), key)
  expect(state).toBe('failed')
}

async function startLate(key: string) {
  refused.add('StartExecution')
  const body = { name: 'late', vcpus: 1, memoryMiB: 64 }
  const operation = await under.get('create-vm', { key, body })
  refused.clear()
  under.clock.move(10_000)
  await call('triggers/sweep-unstarted', {})
  expect(await under.over(operation, key)).toMatchObject({ state: 'succeeded' })
}

/** The greatest host takes the VM, and its agent never asks for the command. */
async function withdraw(key: string) {
  const puppet = new PuppetHost(under)
  const { secret } = await under.get('create-join-token')
  const capacity = { vcpus: 4096, memoryMiB: 67_108_864 }
  await under.get('enrol-host', puppet.signed('enrol-host', puppet.enrolment(secret!, capacity)))
  const body = { name: 'unheard', vcpus: 1, memoryMiB: 64 }
  const { id: operationId, target } = await under.get('create-vm', { key, body })
  const { tenantId } = await under.get('get-principal', { key })
  const work = { operationId, tenantId, vmId: target.slice('/v1/vms/'.length), traceparent: '' }
  const { hostId } = puppet
  await vi.waitUntil(() => sentTo(hostId), 10_000)
  const failure = { Error: 'States.HeartbeatTimeout' }
  await call('steps/withdraw-command', { work, hostId, state: 'CreateOnHost', failure })
  await call('triggers/settle-execution', {
    detail: { status: 'ABORTED', input: JSON.stringify(work) },
  })
}

const sentTo = (hostId: string) =>
  [...(asked.get('steps/send-command')?.keys() ?? [])].some((each) =>
    each.includes(`DOORBELL#${hostId}`),
  )

const arn = (service: string, rest: string) =>
  `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>:${rest}`

/** What IAM is asked when a request is made. */
function asksOf(service: keyof HomeCloud, { method, path, headers, body }: Sent): Ask[] {
  if (service === 'sockets') {
    const [api] = templates
      .every('AWS::ApiGatewayV2::Route')
      .flatMap(([, { Properties }]) =>
        Properties['RouteKey'] === 'watch' ? [templates.textOf(Properties['ApiId'])] : [],
      )
    const resource = arn('execute-api', `${api}/v1/${method}${path}`)
    return [{ action: 'execute-api:ManageConnections', resource }]
  }
  const operation = headers['x-amz-target']!.split('.').at(-1)!
  const input = JSON.parse(textIn({ body })) as Record<string, unknown>
  if (service === 'dynamodb') return tableAsksOf(operation, input)
  if (service === 'keys') {
    const { purpose } = input['EncryptionContext'] as { purpose: string }
    const context = { 'kms:EncryptionContext:purpose': purpose }
    return [
      {
        action: `kms:${operation}`,
        resource: `<${idOf('AWS::KMS::Key', 'Sealing')}.Arn>`,
        context,
      },
    ]
  }
  const named = (input['stateMachineArn'] as string | undefined)?.split(':').at(-1)
  return (named ? [named] : workflowNames()).map((name) => ({
    action: `states:${operation}`,
    resource: arn('states', `stateMachine:${name}`),
  }))
}

const idOf = (type: string, part: string) =>
  templates.every(type).find(([id]) => id.includes(part))![0]

interface Keyed {
  Item?: { pk: { S: string } }
  Key?: { pk: { S: string } }
}

function tableAsksOf(operation: string, input: Record<string, unknown>): Ask[] {
  const table = `<${idOf('AWS::DynamoDB::Table', 'Table')}.Arn>`
  const resource = input['IndexName'] ? `${table}/index/${String(input['IndexName'])}` : table
  const throughTable: Ask = {
    action: 'kms:Decrypt',
    resource: `<${idOf('AWS::KMS::Key', 'Table')}.Arn>`,
    context: { 'kms:ViaService': 'dynamodb.<AWS::Region>.<AWS::URLSuffix>' },
  }
  const write = (action: string, { Item, Key }: Keyed): Ask => ({
    action: `dynamodb:${action}Item`,
    resource,
    context: { 'dynamodb:LeadingKeys': [(Item ?? Key)!.pk.S] },
  })
  if (operation === 'UpdateItem') return [throughTable, write('Update', input as Keyed)]
  if (operation !== 'TransactWriteItems')
    return [throughTable, { action: `dynamodb:${operation}`, resource }]
  const items = input['TransactItems'] as Record<string, Keyed>[]
  return [
    throughTable,
    ...items.flatMap((item) => Object.entries(item).map(([action, each]) => write(action, each))),
  ]
}

test.each(functionNames())('%s does at home what its role lets it do on AWS', (name) => {
  const requests = [...(asked.get(name)?.values() ?? [])]
  const statements = statementsOf(templates, roleOf(templates, name))
  const asks = requests.flatMap(({ service, request }) => asksOf(service, request))
  expect(asks.filter((ask) => !allows(templates, statements, ask))).toEqual([])
  const { reads, writes, rings } = permissions[name]!
  const hasSomethingToDo = reads.length > 0 || writes.how.length > 0 || rings
  expect(requests.length > 0).toBe(hasSomethingToDo)
})
