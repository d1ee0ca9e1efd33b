/**
 * Transcripts as a person reads them: golden/<machine>/<what>.golden.txt, cases that went the same way under one
 * heading. `UPDATE_GOLDEN=1 npm test -- test/workflows` writes them anew; read the difference before you commit it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const directory = join(import.meta.dirname, 'golden')
const updating = process.env['UPDATE_GOLDEN'] === '1'
const howTo = 'UPDATE_GOLDEN=1 npm test -- test/workflows'
const rule = '─'.repeat(100)

export interface Told {
  title: string
  told: string
  /** An error that was only put in: cases which differ in it alone are one. */
  error?: string | undefined
}

const suffix = '.golden.txt'
const kebab = (name: string) =>
  name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()

export const goldenFile = (machine: string, what: string) =>
  join(machine, `${kebab(what)}${suffix}`)

/** Attempts that went like the one before are told once, from the third on. */
const briefly = (told: string): string =>
  told.replace(
    /((?: {4}attempt \d+ \[[^\]]+\]: (.+)\n))(?: {4}attempt \d+ \[[^\]]+\]: \2\n){2,}/g,
    (run) => {
      const lines = run.trimEnd().split('\n')
      return [lines[0], `    … ${lines.length - 2} more like it`, lines.at(-1), ''].join('\n')
    },
  )

export const tellAll = (heading: string, all: readonly Told[]): string => {
  const plain = ({ told, error }: Told) =>
    briefly(error === undefined ? told : told.replaceAll(error, '‹error›'))
  const groups = [...Map.groupBy(all, plain)]
  const sections = groups.map(([text, cases]) => {
    const titles = cases.map(({ title }) => title).join('\n')
    return `${rule}\n${titles}\n\n${cases.length === 1 ? briefly(cases[0]!.told) : text}`
  })
  return `${heading}\n\n${sections.join('\n')}`
}

/** The golden text, for holding `actual` against it. */
export const golden = (file: string, actual: string): string => {
  const path = join(directory, file)
  if (updating) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, actual)
  }
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return `There is no ${file} yet: ${howTo}`
  }
}

/** Golden files that nothing tells any more; removed when updating. */
export const strayGolden = (wanted: ReadonlySet<string>): string[] => {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  const stray = files.filter((file) => file.endsWith(suffix) && !wanted.has(file))
  if (!updating) return stray
  for (const file of stray) rmSync(join(directory, file))
  return []
}
