/**
 * Tells an execution's history to a person: one line for each state it went through, a line for each
 * attempt when there was more than one, branches and items indented under the state that started them.
 * Told the same way every time the same things happened, so that it can be kept as a golden file.
 */
import type { DatabaseSync } from 'node:sqlite'
import { parseExecutionArn } from './arns.ts'
import type { Event } from './draft.ts'
import type { Json, JsonObject } from './json.ts'
import { eventFrom, type Row } from './rows.ts'

export interface TranscriptOptions {
  /** Show how many seconds after the start each state was entered and each attempt began. */
  times?: boolean
  /** Show what went into and came out of each state. */
  data?: boolean
}

export function transcript(
  db: DatabaseSync,
  executionArn: string,
  options: TranscriptOptions = {},
): string {
  const { machine, name } = parseExecutionArn(executionArn)
  const rows = db
    .prepare(
      `SELECT e.* FROM sfn_event e JOIN sfn_execution x ON x.id = e.execution
        WHERE x.machine = ? AND x.name = ? ORDER BY e.id`,
    )
    .all(machine, name) as Row[]
  const teller = new Teller(rows.map(eventFrom), options)
  return [machine, ...teller.tell('', '  ')].join('\n') + '\n'
}

interface Visit {
  lines: string[]
  name: string
  attempts: Attempt[]
  after: string[]
}

interface Attempt {
  at: number
  steps: string[]
}

class Teller {
  readonly #paths = new Map<string, Event[]>()
  readonly #options: TranscriptOptions
  readonly #start: number

  constructor(events: Event[], options: TranscriptOptions) {
    this.#options = options
    this.#start = events[0]?.at ?? 0
    for (const event of events) {
      const path = this.#paths.get(event.path)
      if (path) path.push(event)
      else this.#paths.set(event.path, [event])
    }
  }

  /** The lines of one branch: everything that happened on this path of the tree. */
  tell(path: string, indent: string): string[] {
    const lines: string[] = []
    let visit: Visit | undefined
    const close = () => {
      if (visit) lines.push(...linesOf(visit, indent, (at) => this.#time(at)))
      visit = undefined
    }
    for (const event of this.#paths.get(path) ?? []) {
      const ending = endingOf(event)
      if (event.type.endsWith('StateEntered')) {
        close()
        visit = this.#enter(event)
      } else if (ending !== undefined) {
        close()
        lines.push(`${indent}${ending}${this.#time(event.at)}`)
      } else if (visit) {
        this.#note(visit, event, path, indent)
      }
    }
    close()
    return lines
  }

  #enter(event: Event): Visit {
    const { name, input } = detailsOf(event)
    return {
      name: `${String(name)}${this.#time(event.at)}`,
      lines: this.#data('in', input),
      attempts: [],
      after: [],
    }
  }

  #note(visit: Visit, event: Event, path: string, indent: string): void {
    if (startsAttempt.has(event.type)) visit.attempts.push({ at: event.at, steps: [] })
    const attempt = visit.attempts.at(-1)
    const step = stepOf(event)
    if (step !== undefined) {
      if (attempt) attempt.steps.push(step)
      else visit.after.push(step)
    }
    if (event.type === 'ParallelStateStarted' || event.type === 'MapStateStarted') {
      attempt?.steps.push(...this.#branches(event, path, indent))
    }
    if (event.type.endsWith('StateExited')) {
      if (attempt?.steps.at(-1)?.startsWith('failed') || visit.after.length > 0) {
        visit.after.push('caught')
      }
      visit.after.push(...this.#data('out', detailsOf(event).output))
    }
  }

  /** What happened inside a Parallel or Map, as lines that are already indented. */
  #branches(started: Event, path: string, indent: string): string[] {
    const kind = started.type === 'MapStateStarted' ? 'item' : 'branch'
    const prefix = `${path}${started.id}:`
    return [...this.#paths.keys()]
      .filter((other) => other.startsWith(prefix) && other.endsWith('/'))
      .map((other) => ({ other, index: Number(other.slice(prefix.length, -1)) }))
      .filter(({ index }) => Number.isInteger(index))
      .sort((one, other) => one.index - other.index)
      .flatMap(({ other, index }) => [
        `${block}${indent}  ${kind} ${index}`,
        ...this.tell(other, `${indent}    `).map((line) => block + line),
      ])
  }

  #time(at: number): string {
    return this.#options.times ? ` [${(at - this.#start) / 1_000} s]` : ''
  }

  #data(label: string, value: Json | undefined): string[] {
    return this.#options.data && value !== undefined ? [`${label} ${String(value)}`] : []
  }
}

/** Marks a step that is a line of its own. */
const block = '\u0000'

const startsAttempt = new Set(['TaskScheduled', 'ParallelStateStarted', 'MapStateStarted'])

function linesOf(visit: Visit, indent: string, time: (at: number) => string): string[] {
  const several = visit.attempts.length > 1
  const head = `${indent}${visit.name}`
  const only = several ? [] : (visit.attempts[0]?.steps ?? [])
  const lines = [withWords(head, only), ...visit.lines.map((line) => `${indent}  ${line}`)]
  if (several) {
    for (const [index, { at, steps }] of visit.attempts.entries()) {
      lines.push(
        withWords(`${indent}  attempt ${index + 1}${time(at)}`, steps),
        ...blocks(steps).map((line) => `  ${line}`),
      )
    }
  }
  return [...lines, ...blocks(only), ...visit.after.map((line) => `${indent}  ${line}`)]
}

function withWords(head: string, steps: string[]): string {
  const words = steps.filter((step) => !step.startsWith(block))
  return words.length === 0 ? head : `${head}: ${words.join(', ')}`
}

function blocks(steps: string[]): string[] {
  return steps.filter((step) => step.startsWith(block)).map((step) => step.slice(block.length))
}

function stepOf(event: Event): string | undefined {
  const details = detailsOf(event)
  switch (event.type) {
    case 'TaskSubmitted':
      return 'invoked'
    case 'TaskSucceeded':
      return details.resource === 'invoke' ? 'succeeded' : 'called back'
    case 'TaskTimedOut':
      return `failed ${String(details.error)}`
    case 'TaskFailed':
    case 'ParallelStateFailed':
    case 'MapStateFailed':
    case 'EvaluationFailed':
      return `failed ${failureText(details)}`
    default:
      return undefined
  }
}

function endingOf(event: Event): string | undefined {
  const match = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.exec(event.type)
  if (!match) return undefined
  const words = {
    Succeeded: 'SUCCEEDED',
    Failed: 'FAILED',
    Aborted: 'ABORTED',
    TimedOut: 'TIMED OUT',
  }
  const failure = failureText(detailsOf(event))
  const word = words[match[1] as keyof typeof words]
  return failure === '' ? word : `${word} ${failure}`
}

/** The error with its reason; a function's failure carries it as JSON. */
function failureText({ error, cause }: JsonObject): string {
  const name = typeof error === 'string' ? error : ''
  const reason = typeof cause === 'string' ? messageIn(cause) : ''
  return reason === '' ? name : `${name}: ${reason}`
}

function messageIn(cause: string): string {
  try {
    const parsed = JSON.parse(cause) as { errorMessage?: unknown }
    return typeof parsed?.errorMessage === 'string' ? parsed.errorMessage : cause
  } catch {
    return cause
  }
}

/** The one object of details that an event holds. */
function detailsOf(event: Event): JsonObject {
  return (Object.values(event.details)[0] ?? {}) as JsonObject
}
