/**
 * How we measure: warm up first, time every call, and compare two variants only within one run, taking
 * turns (A B A B), because machines are noisy and a ratio of neighbours is worth more than two absolutes.
 */
type Action = () => unknown

export interface Spread {
  median: number
  min: number
  max: number
}

/** The value below which a share of the values lies (0.95 → p95), interpolated between neighbours. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no values to take a percentile of')
  if (share < 0 || share > 1) throw new RangeError(`a share lies between 0 and 1, not at ${share}`)
  const sorted = values.toSorted((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = sorted[Math.floor(position)] ?? 0
  const above = sorted[Math.ceil(position)] ?? below
  return below + (above - below) * (position - Math.floor(position))
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: percentile(values, 0), max: percentile(values, 1) }
}

export interface Repetition {
  times: number
  /** Calls before the clock starts; a tenth of `times` unless told. */
  warmUp?: number
  signal?: AbortSignal
}

/** Milliseconds of each call, one after the other. */
export async function timeEach(action: Action, repetition: Repetition): Promise<number[]> {
  const { times, signal, warmUp = Math.ceil(times / 10) } = repetition
  const taken: number[] = []
  for (let call = -warmUp; call < times; call++) {
    signal?.throwIfAborted()
    const ms = await timeOnce(action)
    if (call >= 0) taken.push(ms)
  }
  return taken
}

/** Milliseconds of one call. */
export async function timeOnce(action: Action): Promise<number> {
  const began = performance.now()
  await action()
  return performance.now() - began
}

/** Calls per second with `inFlight` of them at a time (1 unless told). */
export async function rate(
  action: Action,
  { inFlight = 1, ...repetition }: Repetition & { inFlight?: number },
): Promise<number> {
  const { times, signal, warmUp = Math.ceil(times / 10) } = repetition
  for (let call = 0; call < warmUp; call++) await action()
  let left = times
  const worker = async () => {
    while (left-- > 0) {
      signal?.throwIfAborted()
      await action()
    }
  }
  const ms = await timeOnce(() => Promise.all(Array.from({ length: inFlight }, worker)))
  return (times * 1000) / ms
}

export interface Comparison {
  /** How much longer the first takes than the second: the spread of the pairs' ratios. */
  ratio: Spread
  firstMs: Spread
  secondMs: Spread
}

/** Times two variants in pairs, in turns; every other pair begins with the second. */
export async function compare(
  first: Action,
  second: Action,
  { times, warmUp = 1, signal }: Repetition,
): Promise<Comparison> {
  const firsts: number[] = []
  const seconds: number[] = []
  for (let pair = -warmUp; pair < times; pair++) {
    signal?.throwIfAborted()
    const isSwapped = Math.abs(pair) % 2 === 1
    const one = await timeOnce(isSwapped ? second : first)
    const other = await timeOnce(isSwapped ? first : second)
    if (pair < 0) continue
    firsts.push(isSwapped ? other : one)
    seconds.push(isSwapped ? one : other)
  }
  const ratios = firsts.map((ms, index) => ms / (seconds[index] ?? Number.NaN))
  return { ratio: spread(ratios), firstMs: spread(firsts), secondMs: spread(seconds) }
}
