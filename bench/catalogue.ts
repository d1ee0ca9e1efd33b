/** Finds benches: the files beside this one that export `bench`. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BenchFailure } from './bench.ts'
import type { Bench } from './bench.ts'

export function benchNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => /^export const bench\b/m.test(readFileSync(join(folder, file), 'utf8')))
    .map((file) => basename(file, '.ts'))
    .toSorted()
}

export async function loadBench(folder: string, name: string): Promise<Bench> {
  const file = join(folder, `${name}.ts`)
  if (!existsSync(file)) {
    const known = benchNames(folder).join(', ') || 'none yet'
    throw new BenchFailure('BENCH_UNKNOWN', `there is no bench "${name}"; there are: ${known}`)
  }
  const { bench } = await load(file)
  const fault = !bench
    ? 'does not export "bench"'
    : bench.name !== name
      ? `is called "${bench.name}", not "${name}"`
      : !bench.question?.trim().endsWith('?')
        ? 'asks no question'
        : typeof bench.run !== 'function'
          ? 'has no run()'
          : undefined
  if (fault) throw new BenchFailure('BENCH_MALFORMED', `bench/${name}.ts ${fault}`)
  return bench as Bench
}

async function load(file: string): Promise<{ bench?: Partial<Bench> }> {
  try {
    return (await import(pathToFileURL(file).href)) as { bench?: Partial<Bench> }
  } catch (cause) {
    const message = `bench/${basename(file)} cannot be loaded: ${String(cause)}`
    throw new BenchFailure('BENCH_MALFORMED', message, { cause })
  }
}
