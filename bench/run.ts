/**
 * `npm run bench -- NAME [--json] [--quick]`: answers one of the questions in this folder with figures,
 * over several runs. Without a name it lists the questions. With --json the last line on stdout is one
 * JSON object and the table goes to stderr. --from FOLDER looks for benches elsewhere.
 */
import { parseArgs } from 'node:util'
import { gather, renderTable } from './answer.ts'
import { BenchFailure } from './bench.ts'
import type { Bench, Figures } from './bench.ts'
import { benchNames, loadBench } from './catalogue.ts'
import { circumstances } from './machine.ts'
import type { Circumstances } from './machine.ts'
import { timeOnce } from './measure.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new BenchFailure('BENCH_INTERRUPTED', 'stopped')))

async function runAll(bench: Bench, quick: boolean): Promise<Figures[]> {
  const runs = quick ? (bench.runs?.quick ?? 2) : (bench.runs?.full ?? 5)
  const gathered: Figures[] = []
  for (let run = 1; run <= runs; run++) {
    const say = (text: string) => console.error(`${bench.name} ${run}/${runs}: ${text}`)
    const context = {
      quick,
      run,
      runs,
      size: (full: number, small: number) => (quick ? small : full),
      say,
      signal: interrupted.signal,
    }
    try {
      interrupted.signal.throwIfAborted()
      const ms = await timeOnce(async () => gathered.push(await bench.run(context)))
      say(`done after ${(ms / 1000).toFixed(1)} s`)
    } catch (error) {
      if (error instanceof BenchFailure) throw error
      interrupted.signal.throwIfAborted()
      throw new BenchFailure('BENCH_FAILED', `run ${run} of ${bench.name}: ${String(error)}`, {
        cause: error,
      })
    }
  }
  return gathered
}

async function list(folder: string): Promise<void> {
  for (const name of benchNames(folder)) {
    console.log(`${name.padEnd(14)} ${(await loadBench(folder, name)).question}`)
  }
  console.log('\nnpm run bench -- NAME [--json] [--quick]')
}

function renderCircumstances({ machine, node, packages, commit }: Circumstances): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.kernel}`,
    `Node ${node}, commit ${commit ?? 'unknown'}`,
    versions.join(', '),
  ].join('\n')
}

async function main() {
  const { values: flags, positionals } = readArguments()
  const folder = flags.from ?? import.meta.dirname
  const [name] = positionals
  if (!name) return list(folder)
  const bench = await loadBench(folder, name)
  const answer = gather(bench, flags.quick, await runAll(bench, flags.quick))
  const where = circumstances()
  const human = [
    bench.question,
    `${answer.runs} runs${flags.quick ? ', quick' : ''}`,
    renderTable(answer),
    renderCircumstances(where),
  ]
  const show = flags.json ? console.error : console.log
  show(`\n${human.join('\n\n')}`)
  if (flags.json) console.log(JSON.stringify({ ok: true, ...answer, ...where }))
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        from: { type: 'string' },
      },
      allowPositionals: true,
    })
  } catch (error) {
    throw new BenchFailure('BENCH_USAGE', (error as Error).message)
  }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof BenchFailure)) throw error
  const { code, message, cause } = error
  console.error(`${code}: ${message}`)
  if (cause) console.error(cause)
  if (process.argv.includes('--json')) console.log(JSON.stringify({ ok: false, code, message }))
  process.exitCode = code === 'BENCH_INTERRUPTED' ? 130 : 1
}
