/**
 * Where a journal's text lies. A file: durable before `append` or `replace` resolves. Memory: for runs of many hosts
 * in one process that are not meant to survive it; whoever keeps the object keeps the journal.
 */
import { open, readFile, type FileHandle } from 'node:fs/promises'
import { AgentFailure, say } from './failures.ts'
import { writeWhole } from './write-whole.ts'

export interface JournalStorage {
  /** All whole lines; undefined when there is no journal. A torn last line was never acknowledged: it is cut off. */
  read(): Promise<string | undefined>
  append(text: string): Promise<void>
  /** The whole text anew, or, should this fail, the old one. */
  replace(text: string): Promise<void>
  close(): Promise<void>
}

const wholeLines = (text: Buffer) => text.subarray(0, text.lastIndexOf(0x0a) + 1)

class JournalFile implements JournalStorage {
  readonly #path: string
  #file: FileHandle | undefined
  #size = 0
  #broken: unknown

  constructor(path: string) {
    this.#path = path
  }

  async read() {
    let bytes: Buffer
    try {
      bytes = await readFile(this.#path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
    const whole = wholeLines(bytes)
    await this.#reopen(whole.length)
    if (whole.length < bytes.length) await this.#file!.truncate(whole.length)
    return whole.toString('utf8')
  }

  async append(text: string) {
    if (this.#broken) throw unwritable(this.#path, this.#broken)
    const bytes = Buffer.from(text)
    try {
      await this.#writeAll(bytes)
    } catch (error) {
      await this.#cutBack()
      throw unwritable(this.#path, error)
    }
    try {
      await this.#file!.datasync()
    } catch (error) {
      // After a failed sync nobody knows what the disk holds: nothing more is written by this process.
      this.#broken = error
      throw unwritable(this.#path, error)
    }
    this.#size += bytes.length
  }

  async replace(text: string) {
    try {
      await writeWhole(this.#path, text, 0o600)
    } catch (error) {
      throw unwritable(this.#path, error)
    }
    try {
      await this.#reopen(Buffer.byteLength(text))
    } catch (error) {
      this.#broken = error
      throw unwritable(this.#path, error)
    }
  }

  async close() {
    await this.#file?.close()
    this.#file = undefined
  }

  async #reopen(size: number) {
    const file = await open(this.#path, 'r+')
    await this.close()
    this.#file = file
    this.#size = size
  }

  async #writeAll(bytes: Buffer) {
    for (let done = 0; done < bytes.length;) {
      const at = this.#size + done
      const { bytesWritten } = await this.#file!.write(bytes, done, bytes.length - done, at)
      done += bytesWritten
    }
  }

  /** Half a line in the middle of a journal would look like rot: what was begun is taken back. */
  async #cutBack() {
    try {
      await this.#file!.truncate(this.#size)
    } catch (error) {
      this.#broken = error
    }
  }
}

const unwritable = (path: string, error: unknown) =>
  new AgentFailure('JOURNAL_UNWRITABLE', `${path}: ${say(error)}`, error)

export const journalFile = (path: string): JournalStorage => new JournalFile(path)

export const journalInMemory = (): JournalStorage => {
  let kept: string | undefined
  return {
    read: async () => kept,
    append: async (text) => {
      kept = (kept ?? '') + text
    },
    replace: async (text) => {
      kept = text
    },
    close: async () => {},
  }
}
