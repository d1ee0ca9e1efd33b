/** The agent as a process of its own: configuration → hypervisor → agent, until it is told to stop. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { startAgent } from './agent.ts'
import { ownConfig, usage, type Config } from './config.ts'
import { AgentFailure, say } from './failures.ts'
import { openSimulated } from './hypervisor/simulated.ts'
import { jsonLines } from './log.ts'

const log = jsonLines((line) => process.stderr.write(line), systemClock.now)

const openHypervisor = ({ simulated, directory, vcpus, memoryMiB, createMs }: Config) => {
  if (!simulated)
    throw new AgentFailure(
      'HYPERVISOR_MISSING',
      'This version drives no QEMU yet, only simulated VMs',
    )
  return openSimulated({
    directory: join(directory, 'vms'),
    clock: systemClock,
    capacity: { vcpus, memoryMiB },
    createMs,
  })
}

const untilStopped = (stop: AbortController) =>
  new Promise<void>((resolve) => {
    const end = () => {
      stop.abort(new Error('told to stop'))
      resolve()
    }
    process.once('SIGINT', end)
    process.once('SIGTERM', end)
  })

const run = async (config: Config) => {
  const stop = new AbortController()
  const stopped = untilStopped(stop)
  await using hypervisor = new AsyncDisposableStack()
  const opened = hypervisor.adopt(await openHypervisor(config), (each) => each.close())
  const agent = await startAgent({
    ...config,
    controlPlaneUrl: config.url,
    hypervisor: opened,
    inventory: opened.inventory,
    clock: systemClock,
    random: randomBytes,
    log,
    signal: stop.signal,
  })
  await stopped
  await agent.close()
}

try {
  const config = ownConfig()
  if (config) await run(config)
  else process.stdout.write(usage)
} catch (error) {
  log('error', 'agent not running', {
    reason: say(error),
    ...(error instanceof AgentFailure && { fix: error.fix }),
  })
  process.exitCode = error instanceof AgentFailure && error.code === 'CONFIG_INVALID' ? 2 : 1
}
