/**
 * A host that follows a script, through the real functions of functions/agent. Like an agent it remembers what it took
 * and what it ended, so that a command found again is not begun again; unlike one it also remembers what it truly
 * holds, against which the control plane's belief is measured.
 */
import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import type { Command } from '../../core/contract/command.ts'
import { signRequest } from '../../core/contract/signature.ts'
import { hostIdOf } from '../../core/host.ts'
import { effectOf } from '../../node-agent/commands/commands.ts'
import type { Act, Script } from './scripts.ts'
import { scripts } from './scripts.ts'
import type { Stage } from './stage.ts'

const heartbeatSeconds = 50
const stale = ['GENERATION_STALE', 'COMMAND_NOT_YOURS', 'INCARNATION_STALE']

export interface Being {
  id: string
  name: string
  publicKey: string
  privateKey: KeyObject
  memoryMiB: number
}

/** Hosts with so much memory, whose ids sort as their names do, so that they are always told in the same order. */
export const newFleet = (memories: readonly number[]): Being[] =>
  memories
    .map(() => {
      const { publicKey: key, privateKey } = generateKeyPairSync('ed25519')
      const publicKey = key.export({ format: 'der', type: 'spki' }).toString('base64')
      return { id: hostIdOf(publicKey), publicKey, privateKey }
    })
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map((keys, index) => ({ ...keys, name: `host-${index + 1}`, memoryMiB: memories[index]! }))

export class ScriptedHost {
  readonly being: Being
  script: Script = 'does it'
  #incarnation = 1
  /** VMs that truly run here, under which generation. */
  readonly holds = new Map<string, number>()
  /** Taken, and the outcome it has told. */
  readonly #journal = new Map<string, { command: Command; told: boolean }>()
  readonly #gone = new Map<string, number>()
  readonly #others: () => ScriptedHost[]
  readonly #stage: Stage

  constructor(being: Being, stage: Stage, others: () => ScriptedHost[], holds: [string, number][]) {
    this.being = being
    this.#stage = stage
    this.#others = others
    this.holds = new Map(holds)
    stage.bells.set(being.id, () => void this.#follow(scripts[this.script]))
  }

  /** What this host may still begin: in its hands, neither told to be over nor ended here under that generation. */
  mayBegin(): { vmId: string; generation: number }[] {
    return [...this.#journal.values()]
      .filter(({ command, told }) => !told && effectOf(command) === 'begins')
      .map(({ command }) => command)
      .filter(({ vmId, generation }) => (this.#gone.get(vmId) ?? 0) < generation)
  }

  /** It forgets what it took and what it ended, and its next journal says so; its VMs run on. */
  loseJournal(): void {
    this.#incarnation += 1
    this.#journal.clear()
    this.#gone.clear()
  }

  get #journalName(): string {
    return `journal-${this.#incarnation}`
  }

  /** Well again: it finishes what is in its hands, and looks into its mailbox. */
  async heal(): Promise<void> {
    this.script = 'does it'
    for (const { command, told } of this.#journal.values())
      if (!told) await this.#carryOut(command, ['accept', 'do', 'done'])
    await this.#follow(scripts['does it'])
  }

  async #follow(script: readonly Act[]): Promise<void> {
    for (const [index, act] of script.entries()) {
      if (typeof act === 'object' && 'wait' in act) await this.#stage.clock.sleep(act.wait * 1000)
      if (act !== 'take') continue
      const rest = script.slice(index + 1)
      await Promise.all((await this.#take()).map((command) => this.#carryOut(command, rest)))
      return
    }
  }

  async #take(): Promise<Command[]> {
    const { body } = await this.#ask('/agent/v1/take-commands', { incarnation: this.#journalName })
    const { commands } = body as { commands: Command[] }
    const fresh = commands.filter(({ id }) => !this.#journal.has(id))
    for (const command of fresh) this.#journal.set(command.id, { command, told: false })
    return fresh
  }

  async #carryOut(command: Command, acts: readonly Act[]): Promise<void> {
    for (const act of acts) if (!(await this.#perform(command, act))) return
  }

  /** False when the control plane does not want it any more, or it must not be. */
  async #perform(command: Command, act: Act): Promise<boolean> {
    if (typeof act === 'object' && 'wait' in act) await this.#stage.clock.sleep(act.wait * 1000)
    else if (typeof act === 'object') return this.#beat(command, act.progressFor)
    else if (act === 'do') return this.#change(command)
    else if (act !== 'take') return this.#report(command, act)
    return true
  }

  async #beat(command: Command, seconds: number): Promise<boolean> {
    for (let gone = 0; gone < seconds; gone += heartbeatSeconds) {
      await this.#stage.clock.sleep(heartbeatSeconds * 1000)
      if (!(await this.#report(command, 'progress'))) return false
    }
    return true
  }

  async #report(command: Command, act: 'accept' | 'progress' | 'done' | 'fail'): Promise<boolean> {
    const { id: commandId, generation } = command
    const envelope = { commandId, generation, incarnation: this.#journalName }
    const said = {
      accept: { kind: 'accepted' },
      progress: { kind: 'progress', percent: 50, etaMs: 1000 },
      done: { kind: 'done' },
      fail: { kind: 'failed', reason: 'it does not want to' },
    }[act]
    const { status, body } = await this.#ask('/agent/v1/report', { ...envelope, ...said })
    const unwanted = status !== 200 && stale.includes((body as { code: string }).code)
    if (status !== 200 && !unwanted)
      this.#stage.violations.push(`a report is answered ${status}: ${JSON.stringify(body)}`)
    if (unwanted || act === 'done' || act === 'fail') this.#journal.get(command.id)!.told = true
    return !unwanted
  }

  async #change(command: Command): Promise<boolean> {
    const { vmId, generation } = command
    if (effectOf(command) === 'ends') {
      this.holds.delete(vmId)
      this.#gone.set(vmId, generation)
      return true
    }
    if (effectOf(command) === 'changes') return true
    if ((this.#gone.get(vmId) ?? 0) >= generation)
      return this.#report(command, 'fail').then(() => false)
    const twin = this.#others().find((host) => host !== this && host.holds.has(vmId))
    if (twin) this.#stage.violations.push(`${this.being.name} begins what ${twin.being.name} runs`)
    const owner = this.#stage.ownerOf(vmId)
    if (
      owner?.phase !== 'OWNED' ||
      owner.hostId !== this.being.id ||
      owner.generation !== generation
    )
      this.#stage.violations.push(`${this.being.name} begins a VM that R does not bind to it`)
    this.holds.set(vmId, generation)
    return true
  }

  #ask(path: string, body: object) {
    const { id: hostId, privateKey } = this.being
    const signable = { method: 'POST', path, body: JSON.stringify(body) }
    const nonce = randomBytes(16).toString('hex')
    const now = this.#stage.clock.now()
    const authorization = signRequest(signable, { hostId, privateKey }, now, nonce)
    return this.#stage.request('POST', path, { authorization }, body)
  }
}
