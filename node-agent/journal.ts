/**
 * What this host has promised. A command stands here, durably, before anything is done about it, and its outcome
 * before anybody is told; a restarted agent reads the rest of its work from here. Lines that arrive together share
 * one sync of the disk. A journal has an incarnation: when it is lost, its successor says so by another name.
 */
import { randomBytes } from 'node:crypto'
import type { RandomBytes } from '../core/ids.ts'
import { AgentFailure } from './failures.ts'
import { entryOf, lineOf, type Entry } from './journal-entry.ts'
import {
  apply,
  emptyState,
  entriesOf,
  forget,
  type JournalState,
  type Remembered,
  type VmMark,
} from './journal-state.ts'
import type { JournalStorage } from './journal-storage.ts'

interface Waiting {
  entry: Entry
  settled?: { resolve: () => void; reject: (error: unknown) => void }
}

export class Journal {
  readonly #state: JournalState
  readonly #storage: JournalStorage
  readonly #limit: number
  /** Characters since the last compaction, and how many that left behind. */
  #length: number
  #base = 0
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined

  constructor(state: JournalState, storage: JournalStorage, length: number, limit: number) {
    this.#state = state
    this.#storage = storage
    this.#length = length
    this.#limit = limit
  }

  get incarnation() {
    return this.#state.incarnation
  }

  find(commandId: string): Remembered | undefined {
    return this.#state.commands.get(commandId)
  }

  markOf(vmId: string): VmMark | undefined {
    return this.#state.vms.get(vmId)
  }

  /** What is still to be done or to be told, oldest first. */
  unsettled(): Remembered[] {
    return [...this.#state.commands.values()].filter((known) => !known.acknowledged)
  }

  /** Resolves when the entry is durable. */
  record(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, settled: { resolve, reject } })
      this.#flushing ??= this.#flush()
    })
  }

  /** Written along with the next entry: losing it costs one repeated report. */
  note(entry: Extract<Entry, { entry: 'acknowledged' }>) {
    this.#waiting.push({ entry })
  }

  async close() {
    while (this.#waiting.length > 0 || this.#flushing) await (this.#flushing ??= this.#flush())
    await this.#storage.close()
  }

  async #flush() {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const text = batch.map(({ entry }) => lineOf(entry)).join('')
      try {
        await this.#storage.append(text)
        this.#length += text.length
        for (const { entry } of batch) apply(this.#state, entry)
        for (const { settled } of batch) settled?.resolve()
      } catch (error) {
        for (const { settled } of batch) settled?.reject(error)
      }
      // Without success the journal stays long; should it have become unwritable, the next append says so.
      await this.compactWhenLarge().catch(() => {})
    }
    this.#flushing = undefined
  }

  /** Rewrites the journal when most of it is history. */
  async compactWhenLarge() {
    if (this.#length < Math.max(this.#limit, 2 * this.#base)) return
    forget(this.#state)
    const text = entriesOf(this.#state).map(lineOf).join('')
    this.#base = text.length
    await this.#storage.replace(text)
    this.#length = text.length
  }
}

const replay = (text: string): JournalState => {
  const state = emptyState()
  const lines = text.split('\n').slice(0, -1)
  if (lines.length === 0) throw new AgentFailure('JOURNAL_CORRUPT', 'The journal is empty')
  for (const [index, line] of lines.entries()) {
    const entry = entryOf(line)
    if (entry === 'not ours')
      throw new AgentFailure(
        'JOURNAL_NOT_UNDERSTOOD',
        `Line ${index + 1} of the journal was written by another version of the agent`,
      )
    if (entry === 'damaged' || !apply(state, entry))
      throw new AgentFailure('JOURNAL_CORRUPT', `Line ${index + 1} of the journal is damaged`)
  }
  return state
}

export interface JournalOptions {
  now: number
  random?: RandomBytes
  compactAt?: number
}

/** Reads the journal, or begins one: then `begun` is true and nothing is known of what ran here before. */
export const openJournal = async (storage: JournalStorage, options: JournalOptions) => {
  const { now, random = randomBytes, compactAt = 1024 * 1024 } = options
  let text = await storage.read()
  const begun = text === undefined
  if (text === undefined) {
    const incarnation = Buffer.from(random(16)).toString('hex')
    const at = new Date(now).toISOString()
    text = lineOf({ entry: 'incarnation', format: 1, incarnation, at })
    await storage.replace(text)
  }
  try {
    const journal = new Journal(replay(text), storage, text.length, compactAt)
    await journal.compactWhenLarge()
    return { journal, begun }
  } catch (error) {
    await storage.close()
    throw error
  }
}
