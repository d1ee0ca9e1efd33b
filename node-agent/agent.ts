/**
 * The agent of one host: it enrols, takes commands, carries them out on its hypervisor and tells what became of them.
 * `close`, a kill and a lost control plane all leave the VMs as they are. Cheap: while nothing happens it has one
 * timer and one socket, so that hundreds run in one process.
 */
import { join } from 'node:path'
import { socketPath } from '../core/contract/cloud.ts'
import type { Clock } from '../core/clock.ts'
import type { HostInventory } from '../core/contract/resources.ts'
import type { RandomBytes } from '../core/ids.ts'
import { heldVms } from './admission.ts'
import { Bell } from './bell.ts'
import { reachControlPlane, type ControlPlane } from './control-plane.ts'
import { within } from './deadline.ts'
import { holdDirectory } from './directory.ts'
import { attendDoorbell } from './doorbell.ts'
import { enrol } from './enrol.ts'
import type { Hypervisor } from './hypervisor/hypervisor.ts'
import { loadIdentity, type Identity } from './identity.ts'
import { journalFile, type JournalStorage } from './journal-storage.ts'
import { openJournal, type Journal } from './journal.ts'
import type { Log } from './log.ts'
import { watchMailbox } from './mailbox.ts'
import { reportsTo } from './reports.ts'
import { Worker } from './worker.ts'

export interface AgentOptions {
  /** Of this host alone: key, enrolment, journal. */
  directory: string
  controlPlaneUrl: string
  /** Where the doorbell is, should it be elsewhere than `/v1/socket` of the control plane. */
  doorbellUrl?: string | undefined
  joinToken?: string | undefined
  name: string
  site: string
  /** Stays open when the agent is closed: it belongs to whoever opened it. */
  hypervisor: Hypervisor
  inventory: HostInventory
  clock: Clock
  random: RandomBytes
  log: Log
  /** Aborts a start that waits for the control plane. */
  signal?: AbortSignal
  /** Default: journal.jsonl in the directory. */
  journal?: JournalStorage
  /** VMs worked on at once. */
  parallel?: number
  pollMs?: number
}

export interface Agent {
  hostId: string
  incarnation: string
  close(): Promise<void>
}

const doorbellUrlOf = ({ doorbellUrl, controlPlaneUrl }: AgentOptions) => {
  if (doorbellUrl !== undefined) return doorbellUrl
  const url = new URL(socketPath, controlPlaneUrl)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

/** What is here although the journal does not know of it is left alone, and said so. */
const findHeld = async (options: AgentOptions, journal: Journal, begun: boolean) => {
  const { hypervisor, clock, log, signal = new AbortController().signal } = options
  const observed = await within(60_000, clock, signal, (until) => hypervisor.list(until))
  const held = heldVms(observed, journal)
  if (held.size > 0)
    log('error', 'HOLD: these VMs run here and the journal that knew of them is lost', {
      vms: [...held.keys()],
      incarnation: journal.incarnation,
      begun,
    })
  return held
}

const run = async (
  options: AgentOptions,
  parts: {
    identity: Identity
    controlPlane: ControlPlane
    journal: Journal
    held: ReadonlyMap<string, number>
  },
): Promise<Agent> => {
  const { clock, random, log, parallel = 16 } = options
  const { identity, controlPlane, journal, held } = parts
  const { incarnation } = journal
  const end = new AbortController()
  const shared = { controlPlane, incarnation, clock, random, log, signal: end.signal }
  const worker = new Worker({
    ...options,
    ...shared,
    parallel,
    journal,
    held,
    reports: reportsTo(shared),
  })
  const bell = new Bell()
  const lost = (error: unknown) => {
    if (!end.signal.aborted) log('error', 'bug', { error: String(error) })
  }
  worker.resume()
  const loops = [
    watchMailbox({
      ...shared,
      bell,
      receive: (command) => worker.receive(command),
      ...(options.pollMs !== undefined && { pollMs: options.pollMs }),
    }),
    attendDoorbell({
      ...shared,
      url: doorbellUrlOf(options),
      sign: controlPlane.sign,
      rung: () => bell.ring(),
    }),
  ].map((loop) => loop.catch(lost))
  return {
    hostId: identity.hostId,
    incarnation,
    close: async () => {
      end.abort(new Error('the agent is closing'))
      await Promise.all(loops)
      await worker.settled()
      await journal.close()
    },
  }
}

export const startAgent = async (options: AgentOptions): Promise<Agent> => {
  const { directory, controlPlaneUrl: url, clock, random, log } = options
  const signal = options.signal ?? new AbortController().signal
  await using opened = new AsyncDisposableStack()
  const hold = await holdDirectory(directory)
  opened.defer(() => hold.release())
  const storage = options.journal ?? journalFile(join(directory, 'journal.jsonl'))
  const { journal, begun } = await openJournal(storage, { now: clock.now(), random })
  opened.defer(() => journal.close())
  const identity = await loadIdentity(directory)
  const controlPlane = reachControlPlane({ url, identity, clock, random })
  const held = await findHeld(options, journal, begun)
  const { incarnation } = journal
  await enrol({
    joinToken: undefined,
    ...options,
    controlPlane,
    identity,
    incarnation,
    signal,
  })
  const agent = await run(options, { identity, controlPlane, journal, held })
  const owned = opened.move()
  log('info', 'agent started', { hostId: agent.hostId, incarnation, begun })
  return {
    ...agent,
    close: async () => {
      await agent.close()
      await owned.disposeAsync()
    },
  }
}
