/**
 * The two streams of a command: stdout carries data and nothing else; everything said to a person goes to stderr,
 * where on a terminal one line may rewrite itself.
 */
import type { Environment } from './environment.ts'

export interface Stream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

const colours = { red: 31, green: 32, yellow: 33, grey: 90, bold: 1 } as const
export type Colour = keyof typeof colours

export class Terminal {
  #out: Stream
  #err: Stream
  #colour: Environment['colour']
  #liveLine = false

  constructor(out: Stream, err: Stream, colour: Environment['colour']) {
    this.#out = out
    this.#err = err
    this.#colour = colour
  }

  /** Whether a line on stderr can rewrite itself. */
  get animated() {
    return this.#err.isTTY === true
  }

  data(text: string) {
    this.#endLive()
    this.#out.write(`${text}\n`)
  }

  say(text: string) {
    this.#endLive()
    this.#err.write(`${text}\n`)
  }

  /** Replaces the live line; only where `animated`. */
  live(text: string) {
    const width = (this.#err.columns ?? 80) - 1
    const line = text.length > width ? `${text.slice(0, width - 1)}…` : text
    this.#err.write(`\r\x1b[2K${line}`)
    this.#liveLine = true
  }

  #endLive() {
    if (this.#liveLine) this.#err.write('\r\x1b[2K')
    this.#liveLine = false
  }

  get coloured() {
    return this.#colour === 'always' || (this.#colour === 'auto' && this.#out.isTTY === true)
  }

  /** Colours what goes to stdout, when that is a terminal. */
  paint(text: string, colour: Colour | undefined) {
    return colour && this.coloured ? `\x1b[${colours[colour]}m${text}\x1b[0m` : text
  }
}
