/** Times as people read and write them: `3 m` ago, `--timeout 90s`. */
const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** The largest unit that fits, without a fraction from ten on: 0.8 s, 45 s, 12 m, 3 h, 20 d. */
export const spanText = (ms: number): string => {
  const [unit, size] = units.find(([, least]) => ms >= least) ?? units.at(-1)!
  const count = ms / size
  const rounded = count < 10 && unit === 's' ? count.toFixed(1) : String(Math.floor(count))
  return `${rounded} ${unit}`
}

export const ageText = (time: string, now: number): string =>
  spanText(Math.max(0, now - Date.parse(time)))

/** `90s`, `10m`, `2h`, `30d`; a bare number is seconds. */
export const parseSpan = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*([smhd]?)$/.exec(text)
  const size = units.find(([unit]) => unit === (match?.[2] || 's'))?.[1]
  if (!match || !size) throw new SyntaxError('give a time like 90s, 10m, 2h or 30d')
  return Number(match[1]) * size
}
