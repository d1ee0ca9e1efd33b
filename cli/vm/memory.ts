/** Memory as people write it: 512MiB, 2GiB; a bare number is MiB. */
const units: Readonly<Record<string, number>> = { '': 1, mib: 1, gib: 1024, tib: 1024 * 1024 }

export const parseMemory = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text)
  const unit = units[match?.[2]?.toLowerCase() ?? 'none']
  const mib = Number(match?.[1]) * (unit ?? Number.NaN)
  if (!Number.isInteger(mib)) throw new SyntaxError('give a size like 512MiB or 2GiB')
  return mib
}

export const memoryText = (mib: number): string =>
  mib > 0 && mib % 1024 === 0 ? `${mib / 1024} GiB` : `${mib} MiB`
