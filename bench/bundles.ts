/**
 * What a cold start has to load: each function's bundle as Lambda gets it, and how long a fresh process takes to import
 * it. This machine stands in for Lambda, whose 512 MB function has about a third of a core.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { bundleFile, bundleFunctions } from '../infra/bundle.ts'
import type { FunctionName } from '../core/contract/function-name.ts'
import { functionNames } from '../infra/source-files.ts'
import type { Bench, BenchContext, Figure, Figures } from './bench.ts'
import { median, timeOnce } from './measure.ts'

const aims = { gzipped: 150, load: 80 }
const kB = (bytes: number) => bytes / 1000
const run = promisify(execFile)

/** What a deployment would give; nothing is called. */
const environment = {
  TABLE_NAME: 'table',
  KEY_ID: 'key',
  STATE_MACHINE_ARN_PREFIX: 'arn:aws:states:eu-central-1:123456789012:stateMachine:',
  SOCKET_ENDPOINT: 'https://socket.invalid',
  AWS_REGION: 'eu-central-1',
}

interface Measured {
  bytes: number
  gzipped: number
  load: number
}

async function measure(file: string, { size, signal }: BenchContext): Promise<Measured> {
  const bundle = await readFile(file)
  const loads: number[] = []
  for (let process = 0; process < size(3, 1); process++) loads.push(await loadOnce(file, signal))
  return { bytes: bundle.length, gzipped: gzipSync(bundle).length, load: median(loads) }
}

/** Milliseconds, as the process that loads it counts them: starting Node is not the function's doing. */
async function loadOnce(file: string, signal: AbortSignal): Promise<number> {
  const { href } = pathToFileURL(file)
  const code = `const began = performance.now(); await import('${href}'); console.log(performance.now() - began)`
  const argv = ['--input-type=module', '--eval', code]
  const { stdout } = await run(process.execPath, argv, { env: environment, signal })
  return Number(stdout)
}

const figure = (value: number, unit: string, aim?: number): Figure => ({
  value,
  unit,
  better: 'less',
  ...(aim !== undefined && { aim }),
})

function figuresOf(all: ReadonlyMap<FunctionName, Measured>, bundling: number): Figures {
  const each = [...all].flatMap(([name, { bytes, gzipped, load }]) => [
    [`${name} bundle`, figure(kB(bytes), 'kB')] as const,
    [`${name} gzipped`, figure(kB(gzipped), 'kB', aims.gzipped)] as const,
    [`${name} load`, figure(load, 'ms', aims.load)] as const,
  ])
  const measured = [...all.values()]
  const worst = (of: keyof Measured) => Math.max(...measured.map((one) => one[of]))
  const total = (of: keyof Measured) => measured.reduce((sum, one) => sum + one[of], 0)
  return {
    ...Object.fromEntries(each),
    'all bundles': figure(kB(total('bytes')), 'kB'),
    'all gzipped': figure(kB(total('gzipped')), 'kB'),
    'bundling all': figure(bundling, 'ms'),
    'median load': figure(median(measured.map(({ load }) => load)), 'ms', aims.load),
    'largest gzipped': figure(kB(worst('gzipped')), 'kB', aims.gzipped),
    'longest load': figure(worst('load'), 'ms', aims.load),
  }
}

export const bench: Bench = {
  name: 'bundles',
  question: 'How large is each function as it is deployed, and how long does loading it take?',
  runs: { full: 3, quick: 2 },
  async run(context) {
    const directory = await mkdtemp(join(tmpdir(), 'novacron-bundles-'))
    try {
      const names = functionNames()
      const bundling = await timeOnce(() => bundleFunctions(names, directory))
      const all = new Map<FunctionName, Measured>()
      for (const [index, name] of names.entries()) {
        if (index % 10 === 0) context.say(`loading ${index} of ${names.length}`)
        all.set(name, await measure(join(directory, name, bundleFile), context))
      }
      return figuresOf(all, bundling)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
}
