/** A table as people read it: columns as wide as their widest cell, two spaces apart, nothing trailing. */
import type { Colour, Terminal } from './terminal.ts'

export interface Column<T> {
  title: string
  text: (row: T) => string
  colour?: (row: T) => Colour | undefined
}

export const table = <T>(rows: readonly T[], columns: readonly Column<T>[], terminal: Terminal) => {
  const cells = rows.map((row) => columns.map((column) => printable(column.text(row))))
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((line) => line[i]!.length)),
  )
  const line = (texts: readonly string[], colourOf: (i: number) => Colour | undefined) =>
    texts
      .map((text, i) => {
        const last = i === texts.length - 1
        const gap = last ? '' : ' '.repeat(widths[i]! - text.length + 2)
        return terminal.paint(text, colourOf(i)) + gap
      })
      .join('')
      .trimEnd()
  const titles = line(
    columns.map(({ title }) => title),
    () => 'grey',
  )
  return [
    titles,
    ...cells.map((texts, r) => line(texts, (i) => columns[i]!.colour?.(rows[r]!))),
  ].join('\n')
}

/** One thing, a field per line. */
export const fields = (entries: readonly (readonly [name: string, text: string])[]) => {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries
    .map(([name, text]) => `${name.padEnd(width)}  ${printable(text)}`.trimEnd())
    .join('\n')
}

/** What others wrote (labels, reasons) must not move the cursor or colour the terminal. */
// oxlint-disable-next-line no-control-regex
export const printable = (text: string) => text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?')

const states: Readonly<Record<string, Colour>> = {
  running: 'green',
  ready: 'green',
  succeeded: 'green',
  failed: 'red',
  lost: 'red',
  creating: 'yellow',
  deleting: 'yellow',
  degraded: 'yellow',
  queued: 'yellow',
}
export const stateColour = (state: string) => states[state]
