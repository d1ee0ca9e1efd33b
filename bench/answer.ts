/** What several runs of a bench came to: each figure with its median and spread, as data and as a table. */
import { BenchFailure } from './bench.ts'
import type { Bench, Figure, Figures } from './bench.ts'
import { spread } from './measure.ts'
import type { Spread } from './measure.ts'

export interface AnsweredFigure extends Spread {
  unit: string
  better: Figure['better']
  values: number[]
  aim?: number
  /** Whether the median reaches the aim. */
  met?: boolean
}

export interface Answer {
  name: string
  question: string
  quick: boolean
  runs: number
  figures: Record<string, AnsweredFigure>
}

/** Gathers the runs of one bench; every run must give the same figures, in the same units. */
export function gather(bench: Bench, quick: boolean, runs: Figures[]): Answer {
  const first = runs[0] ?? {}
  const names = Object.keys(first)
  if (names.length === 0) throw malformed(bench, 'gives no figures')
  const figures = names.map((name) => [name, gatherOne(bench, name, runs)] as const)
  const stray = runs.flatMap(Object.keys).find((name) => !(name in first))
  if (stray) throw malformed(bench, `gives "${stray}" in some runs only`)
  const { name, question } = bench
  return { name, question, quick, runs: runs.length, figures: Object.fromEntries(figures) }
}

function gatherOne(bench: Bench, name: string, runs: Figures[]): AnsweredFigure {
  const given = runs.map((run) => run[name]).filter((figure) => figure !== undefined)
  const figure = given[0]
  if (!figure || given.length !== runs.length)
    throw malformed(bench, `gives "${name}" in some runs only`)
  const values = given.map(({ value }) => value)
  if (!values.every(Number.isFinite))
    throw malformed(bench, `gives ${values.join(', ')} for "${name}"`)
  const { unit, better, aim } = figure
  const spreadOf = spread(values)
  if (aim === undefined) return { ...spreadOf, unit, better, values }
  const met = better === 'more' ? spreadOf.median >= aim : spreadOf.median <= aim
  return { ...spreadOf, unit, better, values, aim, met }
}

function malformed(bench: Bench, what: string) {
  return new BenchFailure('BENCH_MALFORMED', `bench/${bench.name}.ts ${what}`)
}

export function renderTable({ figures }: Answer): string {
  const head = ['figure', 'median', 'min', 'max', 'unit', 'better', 'aim']
  const rows = Object.entries(figures).map(([name, f]) => [
    name,
    ...[f.median, f.min, f.max].map(inFewDigits),
    f.unit,
    f.better,
    f.aim === undefined ? '' : `${inFewDigits(f.aim)} ${f.met ? 'met' : 'missed'}`,
  ])
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const isNumber = (column: number) => column >= 1 && column <= 3
  const line = (row: string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return isNumber(column) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line).join('\n')
}

/** Four digits are more than any of our figures deserves. */
export function inFewDigits(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(4)))
}
