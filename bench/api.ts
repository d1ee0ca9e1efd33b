/**
 * What a request costs with a fleet stored: how long the caller waits, what the table reads for it, how many one core
 * answers. The control plane runs in a process of its own; the callers and ten simulated hosts run in this one.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import type { Operation } from '../core/contract/resources.ts'
import { askWith, type Ask } from '../local/ask-api.ts'
import { silent } from '../local/log.ts'
import { startSimulatedHosts } from '../local/simulated-hosts.ts'
import type { Bench, BenchContext, Figures } from './bench.ts'
import type { Fleet } from './api/fleet.ts'
import { percentile, rate, timeEach, timeOnce } from './measure.ts'

interface Counts {
  counts: Record<string, { calls: number; itemsRead: number }>
  cpuMs: number
}
interface Server extends Omit<Fleet, 'items'> {
  url: string
  adminKeyFile: string
  home: string
  process: ChildProcess
}

const startServer = async (context: BenchContext): Promise<Server> => {
  const size = {
    tenants: context.size(20, 4),
    hosts: context.size(490, 40),
    vms: context.size(10_000, 800),
  }
  context.say(`storing ${size.vms} VMs on ${size.hosts} hosts for ${size.tenants} tenants`)
  const child = fork(join(import.meta.dirname, 'api/server.ts'), [JSON.stringify(size)])
  const [hello] = (await once(child, 'message')) as [Omit<Server, 'process'>]
  return { ...hello, process: child }
}

const countsOf = async ({ process }: Server): Promise<Counts> => {
  process.send('counts')
  return ((await once(process, 'message')) as [Counts])[0]
}

/** Nobody's events are left to tell: what is measured from here on is the requests alone. */
const untilQuiet = async (server: Server, signal: AbortSignal) => {
  for (let quiet = 0; quiet < 3;) {
    await systemClock.sleep(200, signal)
    const { counts } = await countsOf(server)
    quiet = Object.values(counts).every(({ calls }) => calls < 4) ? quiet + 1 : 0
  }
}

const measure = async (
  server: Server,
  action: () => Promise<unknown>,
  times: number,
  signal: AbortSignal,
) => {
  await timeEach(action, { times: 5, warmUp: 5, signal })
  await countsOf(server)
  const taken = await timeEach(action, { times, warmUp: 0, signal })
  const { counts } = await countsOf(server)
  const read = Object.values(counts).reduce((sum, { itemsRead }) => sum + itemsRead, 0)
  return { taken, readsPerRequest: read / times, scans: counts.Scan?.calls ?? 0 }
}

type Measured = Awaited<ReturnType<typeof measure>>

const figuresOf = (name: string, { taken, readsPerRequest }: Measured, aim?: number): Figures => ({
  [`${name} p50`]: { value: percentile(taken, 0.5), unit: 'ms', better: 'less' },
  [`${name} p95`]: {
    value: percentile(taken, 0.95),
    unit: 'ms',
    better: 'less',
    ...(aim !== undefined && { aim }),
  },
  [`${name} items read`]: { value: readsPerRequest, unit: 'reads', better: 'less' },
})

let names = 0
const created = (ask: Ask, wait: number) =>
  ask<Operation>('POST', `/v1/vms?wait=${wait}`, {
    name: `bench-${process.pid}-${names++}`,
    vcpus: 1,
    memoryMiB: 64,
  })

/** Each on a system at rest: the workflow of one has ended before the next is asked for. */
const timeCreatesAlone = async (ask: Ask, times: number): Promise<number[]> => {
  const taken: number[] = []
  for (let n = 0; n < times; n++) {
    let operationId = ''
    taken.push(await timeOnce(async () => (operationId = (await created(ask, 0)).id)))
    await ask('GET', `/v1/operations/${operationId}?wait=25`)
  }
  return taken
}

const askAll = async (server: Server, context: BenchContext): Promise<Figures> => {
  const { signal } = context
  const ask = askWith(server.url, server.credentials[0]!, signal)
  const times = context.size(200, 30)
  const pick = () => server.vmIds[names++ % server.vmIds.length]!
  const page = (query: string) => () => ask('GET', `/v1/vms?pageSize=50${query}`)
  const one = () => ask('GET', `/v1/vms/${pick()}`)
  const get = await measure(server, one, times, signal)
  const list = await measure(server, page(''), times, signal)
  const indexed = await measure(server, page('&filter=state%20%3D%20failed'), times, signal)
  const label = '&filter=labels.env%20%3D%20prod%20AND%20labels.rack%20%3D%20r0'
  const filtered = await measure(server, page(label), times, signal)
  const scans = get.scans + list.scans + indexed.scans + filtered.scans
  context.say('asked; now creating')
  await countsOf(server)
  const create = await timeEach(() => created(ask, 0), { times, warmUp: 3, signal })
  await untilQuiet(server, signal)
  const alone = await timeCreatesAlone(ask, context.size(60, 10))
  const running = await timeEach(() => created(ask, 25), {
    times: context.size(30, 10),
    warmUp: 1,
    signal,
  })
  const before = await countsOf(server)
  const perSecond = await rate(one, { times: times * 5, inFlight: 16, signal })
  const { cpuMs } = await countsOf(server)
  return {
    ...figuresOf('get', get),
    ...figuresOf('list of 50', list),
    ...figuresOf('list filtered by state', indexed),
    ...figuresOf('list filtered by labels', filtered),
    'create alone p50': { value: percentile(alone, 0.5), unit: 'ms', better: 'less' },
    'create alone p95': { value: percentile(alone, 0.95), unit: 'ms', better: 'less', aim: 100 },
    'create back to back p50': { value: percentile(create, 0.5), unit: 'ms', better: 'less' },
    'create back to back p95': {
      value: percentile(create, 0.95),
      unit: 'ms',
      better: 'less',
      aim: 100,
    },
    'create until running p50': { value: percentile(running, 0.5), unit: 'ms', better: 'less' },
    'create until running p95': { value: percentile(running, 0.95), unit: 'ms', better: 'less' },
    'gets per second, 16 callers': { value: perSecond, unit: 'per second', better: 'more' },
    'gets per second of server CPU': {
      value: (times * 5 * 1000 * 1.1) / (cpuMs - before.cpuMs),
      unit: 'per second',
      better: 'more',
    },
    scans: { value: scans, unit: 'scans', better: 'less', aim: 0 },
  }
}

export const bench: Bench = {
  name: 'api',
  question: 'What does a request cost with 10,000 VMs, 500 hosts and 20 tenants stored?',
  runs: { full: 3, quick: 2 },
  run: async (context) => {
    const server = await startServer(context)
    try {
      const hosts = await startSimulatedHosts({
        count: 10,
        directory: join(server.home, 'hosts'),
        url: server.url,
        ask: () =>
          askWith(server.url, readFileSync(server.adminKeyFile, 'utf8').trim(), context.signal),
        clock: systemClock,
        log: silent,
        signal: context.signal,
      })
      await untilQuiet(server, context.signal)
      const figures = await askAll(server, context)
      await hosts.close()
      return figures
    } finally {
      server.process.send('stop')
      await once(server.process, 'exit')
    }
  },
}
