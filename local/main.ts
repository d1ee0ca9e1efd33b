/**
 * `npm start`: the embedded cloud with simulated hosts until Ctrl-C, or with --once for the life of one VM. stdout
 * carries the result alone, a screen or one line of JSON; everything else goes to stderr.
 *
 * Exit codes: 0 everything happened, or stopped when asked to · 1 a failure with a name, or a bug · 2 wrong arguments ·
 * 128 and the number of the signal: interrupted before it had done what it was asked to.
 */
import { Console } from 'node:console'
import { randomBytes } from 'node:crypto'
import { systemClock } from '../core/clock.ts'
import { readAdminCredential } from './admin-credential.ts'
import { readArguments, usage, UsageError, type Arguments } from './arguments.ts'
import { askWith } from './ask-api.ts'
import { startCloud } from './cloud.ts'
import { storageFailure } from './data-directory.ts'
import { startedWith } from './environment.ts'
import { LocalFailure } from './failures.ts'
import { runOnce } from './once.ts'
import { phases, screen } from './screen.ts'
import { startSimulatedHosts } from './simulated-hosts.ts'

const clock = systemClock
const startedAt = performance.timeOrigin
const random = () => randomBytes(4).readUInt32BE() / 2 ** 32
const tell = (text: string) => void process.stderr.write(text)
const signalNumbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const

/** Where npm and a process group both hand a signal on, one wish arrives twice; only a later one is impatience. */
const impatienceMs = 250

/** The first signal asks to stop; the second does not ask. */
function interruption(): AbortSignal {
  const interrupted = new AbortController()
  let askedAt = 0
  for (const [signal, number] of Object.entries(signalNumbers))
    process.on(signal, () => {
      if (interrupted.signal.aborted) {
        if (clock.now() - askedAt > impatienceMs) process.exit(128 + number)
        return
      }
      askedAt = clock.now()
      tell(`\nnovacron: stopping (${signal}); once more to stop at once\n`)
      interrupted.abort(new LocalFailure('INTERRUPTED', { signal, number }))
    })
  return interrupted.signal
}

/** Runs until it has done what it was asked to; what it answers is the result for stdout. */
async function run(args: Arguments, signal: AbortSignal): Promise<object | undefined> {
  const { setupMs } = startedWith()
  const { begin, ended } = phases(tell, () => Math.round(clock.now() - startedAt))
  const log = (fact: string, about = {}) => tell(`novacron: ${fact} ${JSON.stringify(about)}\n`)
  await using opened = new AsyncDisposableStack()
  ended('program loaded')
  const cloud = await startCloud({ ...args, clock, random, log })
  opened.defer(async () => {
    await cloud.close()
    ended('control plane stopped')
  })
  ended(`control plane on ${cloud.url}, data in ${cloud.directory.path}`)
  const ask = () => {
    const credential = readAdminCredential(cloud.adminKeyFile, 'act for you')
    return askWith(cloud.url, credential, signal)
  }
  const directory = cloud.directory.file('hosts')
  const { url, adminKeyFile } = cloud
  const hosts = await startSimulatedHosts({
    count: args.hosts,
    directory,
    url,
    ask,
    clock,
    log,
    signal,
  })
  opened.defer(() => hosts.close())
  ended(`${hosts.hostIds.length} simulated hosts`)
  const readyMs = Math.round(clock.now() - startedAt)
  const running = { url, adminKeyFile, hosts: hosts.hostIds.length, readyMs }
  if (!args.once) {
    if (args.json) print({ ok: true, setupMs, ...running })
    else process.stdout.write(screen(running))
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    begin()
    return undefined
  }
  const vm = await runOnce(ask(), clock)
  ended(`VM ${vm.id} created in ${vm.createMs} ms, deleted in ${vm.deleteMs} ms`)
  return { ok: true, setupMs, readyMs, hosts: running.hosts, vm }
}

const print = (result: object) => void process.stdout.write(`${JSON.stringify(result)}\n`)

function failed(thrown: unknown, args: Partial<Arguments> = {}): number {
  const error = args.home === undefined ? thrown : storageFailure(thrown, args.home)
  if (error instanceof UsageError) {
    tell(`novacron: ${error.message}\n\n${usage}`)
    return 2
  }
  const known = error instanceof LocalFailure ? error : undefined
  tell(known ? known.report() : `${error instanceof Error ? error.stack : String(error)}\n`)
  const code = known?.code ?? 'BUG'
  if (args.json) {
    const message = error instanceof Error ? error.message : String(error)
    print({ ok: false, error: { code, message, ...(known && { fix: known.fix }) } })
  }
  return known?.code === 'INTERRUPTED' ? 128 + Number(known.params.number) : 1
}

async function main(): Promise<number> {
  let args: Arguments | undefined
  const signal = interruption()
  process.on('uncaughtException', (error) => process.exit(failed(error, args)))
  try {
    args = readArguments(process.argv.slice(2), startedWith().home)
    if (args.help) {
      process.stdout.write(usage)
      return 0
    }
    const result = await run(args, signal)
    if (result && args.json) print(result)
    return 0
  } catch (error) {
    return failed(signal.aborted ? signal.reason : error, args)
  }
}

// Functions log through the console; stdout is not theirs.
globalThis.console = new Console(process.stderr, process.stderr)
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
process.exit(await main())
