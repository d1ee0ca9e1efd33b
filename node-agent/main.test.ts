import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { openWorld, type World } from './agent-under-test.ts'
import { fraction } from './backoff.ts'
import { createCommand, deleteCommand, vmIdOf } from './fake-control-plane.ts'
import { seededRandom } from './hypervisor/seeded-random.ts'

interface Line {
  what: string
  command?: string
  reason?: string
  fix?: string
}

class AgentProcess implements AsyncDisposable {
  readonly lines: Line[] = []
  readonly #process: ChildProcess
  readonly #exit: Promise<unknown[]>
  readonly started = Promise.withResolvers<void>()

  constructor({ directory, cloud }: World, ...more: string[]) {
    const main = join(import.meta.dirname, 'main.ts')
    const settings = ['--url', cloud.url, '--directory', directory, '--name', 'host-1']
    this.#process = spawn(process.execPath, [main, ...settings, ...more], {
      env: { NOVACRON_JOIN_TOKEN: 'token' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#exit = once(this.#process, 'exit')
    createInterface(this.#process.stderr!).on('line', (text) => {
      const line = JSON.parse(text) as Line
      this.lines.push(line)
      if (line.what === 'agent started') this.started.resolve()
    })
  }

  async end(signal: NodeJS.Signals) {
    this.#process.kill(signal)
    return (await this.#exit)[0]
  }

  async exited() {
    return (await this.#exit)[0]
  }

  async [Symbol.asyncDispose]() {
    await this.end('SIGKILL')
  }
}

test('without --simulated the process says honestly that it cannot run VMs', async () => {
  await using world = await openWorld()
  await using agent = new AgentProcess(world)
  expect(await agent.exited()).toBe(1)
  expect(agent.lines).toMatchObject([{ reason: expect.stringContaining('HYPERVISOR_MISSING') }])
})

test('told to stop, the process ends cleanly and its VMs stay', async () => {
  await using world = await openWorld()
  const { cloud, directory } = world
  await using agent = new AgentProcess(world, '--simulated')
  await agent.started.promise
  const create = createCommand(vmIdOf('1'))
  cloud.send(create)
  await cloud.settled(create.id)
  expect(await agent.end('SIGTERM')).toBe(0)
  expect(await readdir(join(directory, 'vms'))).toEqual([`${vmIdOf('1')}.json`])
})

/** Lets an agent live for a random while under load, and kills it. */
const liveAndDie = async (world: World, random: ReturnType<typeof seededRandom>) => {
  await using agent = new AgentProcess(world, '--simulated', '--create-ms', '60')
  await agent.started.promise
  await systemClock.sleep(fraction(random) * 150)
  await agent.end('SIGKILL')
  return agent.lines
}

test(
  'killed at random points under load: each command has one effect, each outcome is told',
  { timeout: 120_000 },
  async () => {
    await using world = await openWorld()
    const { cloud, directory } = world
    const random = seededRandom(20260101)
    const creates = Array.from({ length: 30 }, (_, index) => createCommand(vmIdOf(String(index))))
    const doomed = creates.slice(0, 15)
    const removes = doomed.map(({ vmId }) => deleteCommand(vmId))
    const lines: Line[] = []
    const remaining = [...creates]
    for (let life = 0; life < 8; life += 1) {
      cloud.send(...remaining.splice(0, 4))
      // A delete is sent, as the control plane does it, when its create has been settled.
      const ready = removes.filter((_, index) => cloud.outcomeOf(doomed[index]!.id))
      cloud.send(...ready.filter(({ id }) => !cloud.outcomeOf(id)))
      lines.push(...(await liveAndDie(world, random)))
    }
    await using last = new AgentProcess(world, '--simulated', '--create-ms', '5')
    await last.started.promise
    cloud.ring()
    await cloud.settled(...creates.map(({ id }) => id))
    cloud.send(...removes.filter(({ id }) => !cloud.outcomeOf(id)))
    await cloud.settled(...removes.map(({ id }) => id))
    const finished = [...lines, ...last.lines].filter(({ what }) => what === 'command finished')
    const finishedOnce = finished.map(({ command }) => command)
    expect(new Set(finishedOnce).size).toBe(finishedOnce.length)
    for (const { id } of [...creates, ...removes]) {
      const told = cloud.reportsOn(id, 'done', 'failed').map(({ kind }) => kind)
      expect([...new Set(told)]).toEqual(['done'])
    }
    expect(new Set(cloud.reports.map(({ incarnation }) => incarnation)).size).toBe(1)
    const files = (await readdir(join(directory, 'vms'))).filter((name) => name.endsWith('.json'))
    expect(files.sort()).toEqual(
      creates
        .slice(15)
        .map(({ vmId }) => `${vmId}.json`)
        .sort(),
    )
    for (const name of files)
      expect(JSON.parse(await readFile(join(directory, 'vms', name), 'utf8'))).toMatchObject({
        state: 'running',
      })
  },
)
