/**
 * An operation's progress on stderr: one line that rewrites itself on a terminal, elsewhere a line per phase, so that
 * a log of a pipeline holds what happened and nothing twice.
 */
import type { Operation } from '../../core/contract/resources.ts'
import type { Terminal } from '../terminal.ts'
import { isOver, progressText } from './row.ts'

const width = 20

export class Progress {
  #terminal: Terminal
  #title: string
  #lastPhase: string | undefined

  constructor(terminal: Terminal, title: string) {
    this.#terminal = terminal
    this.#title = title
  }

  show(operation: Operation) {
    if (isOver(operation)) return
    const { phase } = operation.progress
    if (this.#terminal.animated)
      this.#terminal.live(`${this.#title}  ${bar(operation)}  ${progressText(operation)}`)
    else if (phase !== this.#lastPhase)
      this.#terminal.say(`${this.#title}: ${progressText(operation)}`)
    this.#lastPhase = phase
  }
}

/** Phases done, and the share of the present one where the host says it. */
const bar = ({ progress: { phaseIndex, phaseCount, percent } }: Operation) => {
  const done = (phaseIndex + (percent ?? 0) / 100) / phaseCount
  const full = Math.min(width, Math.floor(done * width))
  return `▕${'█'.repeat(full)}${' '.repeat(width - full)}▏`
}
