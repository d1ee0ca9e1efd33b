/**
 * What a bench is: one question, answered with figures. A bench lives in bench/NAME.ts and exports
 * `bench`; the runner calls it several times and reports each figure's median and spread, so that a
 * bench itself measures once and keeps nothing between runs.
 */
export interface Bench {
  /** The file's name without ".ts". */
  name: string
  /** What the figures answer, as one sentence with a question mark. */
  question: string
  /** How often it is run; 5 times unless told, 2 times with --quick. */
  runs?: { full: number; quick: number }
  run(context: BenchContext): Promise<Figures>
}

export type Figures = Record<string, Figure>

export interface Figure {
  value: number
  /** "ms", "MB", "per second", "reads", "×" … */
  unit: string
  /** Which direction is good. */
  better: 'less' | 'more' | 'neither'
  /** What we want it to be; never a reason to fail. */
  aim?: number
}

export interface BenchContext {
  quick: boolean
  /** From 1 to `runs`. */
  run: number
  runs: number
  /** The size of the work: the second with --quick. */
  size(full: number, quick: number): number
  /** Progress, for whoever waits; goes to stderr. */
  say(text: string): void
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
}

/** The ways in which a bench can fail to give an answer. */
export type BenchFailureCode =
  'BENCH_UNKNOWN' | 'BENCH_MALFORMED' | 'BENCH_USAGE' | 'BENCH_FAILED' | 'BENCH_INTERRUPTED'

export class BenchFailure extends Error {
  readonly code: BenchFailureCode
  constructor(code: BenchFailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BenchFailure'
    this.code = code
  }
}
