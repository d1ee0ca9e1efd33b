import { afterAll, beforeAll, expect, test } from 'vitest'
import { routeNames, routeOf, type RouteName } from '../../core/contract/api.ts'
import { startCloudUnderTest, type CloudUnderTest, type Given } from '../cloud-under-test.ts'
import { PuppetHost, type AgentRoute } from '../puppet-host.ts'

let under: CloudUnderTest
let puppet: PuppetHost
/** What stands for `{vmId}` and its like in the examples. */
let made: Record<string, string>

beforeAll(async () => {
  under = await startCloudUnderTest({ hosts: 1 })
  const key = under.adminKey
  const tenant = await under.get('create-tenant', { body: { name: 'made-before' } })
  const ci = await under.get('create-key', { body: { name: 'made-before', role: 'viewer' } })
  const vm = await under.vm(key)
  const [operation] = (await under.get('list-operations')).items
  made = {
    '{tenantId}': tenant.id,
    '{keyId}': ci.id,
    '{hostId}': under.hostIds[0]!,
    '{vmId}': vm.id,
    '{operationId}': operation!.id,
  }
  puppet = new PuppetHost(under)
})
afterAll(() => under?.[Symbol.asyncDispose]())

/** What an agent would send: signed, so it cannot be a text in the table. The greatest host takes the next VM. */
const agentRequests: Record<AgentRoute, () => Promise<Given>> = {
  'enrol-host': async () => {
    const { secret } = await under.get('create-join-token')
    const capacity = { vcpus: 4096, memoryMiB: 67_108_864 }
    return puppet.signed('enrol-host', puppet.enrolment(secret!, capacity))
  },
  'take-commands': async () => puppet.signed('take-commands', { incarnation: 'puppet' }),
  report: async () => {
    await under.get('create-vm', { body: { name: 'for-the-puppet', vcpus: 1, memoryMiB: 64 } })
    const { id, generation } = await puppet.next()
    const said = { commandId: id, generation, incarnation: 'puppet', kind: 'done' }
    return puppet.signed('report', said)
  },
}

const requestOf = async (name: RouteName): Promise<Given> => {
  if (Object.hasOwn(agentRequests, name)) return agentRequests[name as AgentRoute]()
  const { params = {}, query, body } = routeOf(name).example
  const filled = Object.entries(params).map(([field, value]) => [field, made[value] ?? value])
  return {
    params: Object.fromEntries(filled) as Record<string, string>,
    ...(query && { query }),
    ...(body !== undefined && { body }),
  }
}

test.each(routeNames)('the example of %s is answered as it says', async (name) => {
  const { status, text } = await under.ask(name, await requestOf(name))
  expect({ status, text }).toEqual({ status: routeOf(name).example.status, text })
})

test('every placeholder of an example stands for something', () => {
  const used = routeNames.flatMap((name) => Object.values(routeOf(name).example.params ?? {}))
  const placeholders = used.filter((value) => value.startsWith('{'))
  expect(new Set(placeholders)).toEqual(new Set(Object.keys(made)))
})
