/**
 * How far an install is, on stderr: a line that rewrites itself on a terminal, else a plain line every
 * five seconds. The percentage counts packages found in node_modules; the time left is a guess from it
 * and is called one; while there is nothing to guess from, it says why.
 */
const plainEveryMs = 5_000

export class Progress {
  #started = Date.now()
  #lastPlain = Date.now()
  #rewriting = process.stderr.isTTY && !process.env.CI
  #lineOpen = false

  say(text) {
    this.endLine()
    process.stderr.write(`set-up: ${text} (${this.#seconds()} s)\n`)
  }

  step(present, total, output) {
    const line = `set-up: ${describe(present, total, Date.now() - this.#started, output)}`
    if (this.#rewriting) {
      const width = process.stderr.columns || 80
      process.stderr.write(`\r\x1b[2K${line.slice(0, width - 1)}`)
      this.#lineOpen = true
    } else if (Date.now() - this.#lastPlain >= plainEveryMs) {
      this.#lastPlain = Date.now()
      process.stderr.write(`${line}\n`)
    }
  }

  endLine() {
    if (this.#lineOpen) process.stderr.write('\n')
    this.#lineOpen = false
  }

  #seconds() {
    return ((Date.now() - this.#started) / 1000).toFixed(1)
  }
}

export function describe(present, total, elapsedMs, output) {
  const elapsed = `${Math.round(elapsedMs / 1000)} s`
  const failing = output.slice(-20).findLast?.((line) => / attempt \d+ failed with /.test(line))
  if (failing) {
    const code = failing.split(' failed with ')[1]
    return `${elapsed}, the registry does not answer (${code}); npm tries again, no estimate`
  }
  if (present === 0) return `${elapsed}, npm asks the registry what to download, no estimate yet`
  if (present === total) return `${elapsed}, all ${total} packages unpacked, npm finishes its books`
  if (present > 0.95 * total) {
    return `${elapsed}, ${present} of ${total} packages, the last are the largest: no estimate`
  }
  const percent = Math.floor((100 * present) / total)
  const left = Math.ceil(((elapsedMs / present) * (total - present)) / 1000)
  return `${elapsed}, ${present} of ${total} packages (${percent} %), roughly ${left} s left (packages differ in size)`
}
