/** One JSON line for each thing worth knowing; what is secret never gets here (names of fields, not bodies). */
export type Level = 'debug' | 'info' | 'warn' | 'error'
type Line = Record<string, string | number | boolean | null | undefined>

let write: (level: Level, line: string) => void = (level, line) =>
  level === 'error' || level === 'warn' ? console.error(line) : console.log(line)

/** At home the lines go to a file; tests look at them. */
export const writeLogTo = (writer: typeof write) => {
  write = writer
}

export const log = (level: Level, message: string, fields: Line = {}) =>
  write(level, JSON.stringify({ level, message, ...fields }))
