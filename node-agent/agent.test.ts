import { mkdtemp, rm, stat } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { startAgent, type Agent, type AgentOptions } from './agent.ts'
import { createCommand, deleteCommand, FakeControlPlane, vmIdOf } from './fake-control-plane.ts'
import { openSimulated } from './hypervisor/simulated.ts'
import { silent } from './log.ts'

let directory: string
let cloud: FakeControlPlane
const agents: Agent[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agent-'))
  cloud = new FakeControlPlane()
  await cloud.listen()
})
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()))
  await cloud.close()
  await rm(directory, { recursive: true })
})

const hypervisorHere = () =>
  openSimulated({ directory: join(directory, 'vms'), clock: systemClock })

const start = async (given: Partial<AgentOptions> = {}) => {
  const hypervisor = given.hypervisor ?? (await hypervisorHere())
  const agent = await startAgent({
    directory,
    controlPlaneUrl: cloud.url,
    joinToken: 'token',
    name: 'host-1',
    site: 'home',
    hypervisor,
    inventory: hypervisor.inventory,
    clock: systemClock,
    random: randomBytes,
    log: silent,
    ...given,
  })
  agents.push(agent)
  return { agent, hypervisor }
}

test('a host enrols with a key only its user can read, and carries out what it is sent', async () => {
  const { agent, hypervisor } = await start()
  expect(cloud.enrolled).toEqual([agent.hostId])
  expect((await stat(join(directory, 'agent.key'))).mode & 0o777).toBe(0o600)
  await cloud.until(() => cloud.sockets.size === 1)
  const vmId = vmIdOf('1')
  const create = createCommand(vmId)
  cloud.send(create)
  await cloud.settled(create.id)
  expect(cloud.reportsOn(create.id).map(({ kind }) => kind)).toEqual(['accepted', 'done'])
  const { signal } = new AbortController()
  expect(await hypervisor.list(signal)).toMatchObject([{ vmId, generation: 1, state: 'running' }])
  const remove = deleteCommand(vmId)
  cloud.send(remove)
  await cloud.settled(remove.id)
  expect(cloud.outcomeOf(remove.id)).toMatchObject({ kind: 'done' })
  expect(await hypervisor.list(signal)).toEqual([])
})
