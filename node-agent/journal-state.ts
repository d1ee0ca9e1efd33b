/**
 * What a journal's lines add up to. Pure: the same lines always make the same state, and the lines that `entriesOf`
 * makes of a state make that state again.
 */
import type { Entry, Outcome } from './journal-entry.ts'
import type { KeptCommand } from './kept-command.ts'

export interface Remembered {
  readonly command: KeptCommand
  readonly refused: boolean
  readonly outcome: Outcome | null
  readonly acknowledged: boolean
}

/** The highest generation accepted for a VM, and the highest under which it was deleted here (0: none). */
export interface VmMark {
  readonly generation: number
  readonly goneGeneration: number
}

export interface JournalState {
  incarnation: string
  startedAt: string
  commands: Map<string, Remembered>
  vms: Map<string, VmMark>
}

/** Enough to answer a late duplicate by name; older ones are still held off by the generations, which are kept. */
const keptAcknowledged = 1000

export const emptyState = (): JournalState => ({
  incarnation: '',
  startedAt: '',
  commands: new Map(),
  vms: new Map(),
})

const raise = (state: JournalState, vmId: string, mark: VmMark) => {
  const before = state.vms.get(vmId)
  state.vms.set(vmId, {
    generation: Math.max(before?.generation ?? 0, mark.generation),
    goneGeneration: Math.max(before?.goneGeneration ?? 0, mark.goneGeneration),
  })
}

const change = (state: JournalState, id: string, changed: Partial<Remembered>) => {
  const known = state.commands.get(id)
  if (!known) return false
  state.commands.set(id, { ...known, ...changed })
  return true
}

const finish = (state: JournalState, entry: Extract<Entry, { entry: 'finished' }>) => {
  const { commandId, outcome, gone } = entry
  const command = state.commands.get(commandId)?.command
  if (command && gone)
    raise(state, command.vmId, { generation: 0, goneGeneration: command.generation })
  return change(state, commandId, { outcome })
}

/** Adds one entry; false when it cannot follow what stands before it. */
export const apply = (state: JournalState, entry: Entry): boolean => {
  if ((entry.entry === 'incarnation') !== (state.incarnation === '')) return false
  const fresh = { outcome: null, acknowledged: false, refused: false }
  switch (entry.entry) {
    case 'incarnation':
      state.incarnation = entry.incarnation
      state.startedAt = entry.at
      return true
    case 'vm':
      raise(state, entry.vmId, entry)
      return true
    case 'accepted': {
      const { command } = entry
      raise(state, command.vmId, { generation: command.generation, goneGeneration: 0 })
      state.commands.set(command.id, { ...fresh, command })
      return true
    }
    case 'refused': {
      const { command, reason } = entry
      const outcome = { kind: 'failed' as const, reason }
      state.commands.set(command.id, { ...fresh, command, refused: true, outcome })
      return true
    }
    case 'finished':
      return finish(state, entry)
    case 'dropped':
      return state.commands.delete(entry.commandId)
    case 'acknowledged':
      return change(state, entry.commandId, { acknowledged: true })
  }
}

const entriesOfCommand = (id: string, known: Remembered): Entry[] => {
  const { command, refused, outcome, acknowledged } = known
  const entries: Entry[] = []
  if (refused && outcome?.kind === 'failed')
    entries.push({ entry: 'refused', command, reason: outcome.reason })
  else {
    entries.push({ entry: 'accepted', command })
    // `gone` stands in the VM's own line.
    if (outcome) entries.push({ entry: 'finished', commandId: id, outcome, gone: false })
  }
  if (acknowledged) entries.push({ entry: 'acknowledged', commandId: id })
  return entries
}

/** Leaves out of `state` what nobody will ask for any more. */
export const forget = (state: JournalState) => {
  const acknowledged = [...state.commands].filter(([, known]) => known.acknowledged)
  for (const [id] of acknowledged.slice(0, -keptAcknowledged)) state.commands.delete(id)
}

/** The shortest lines that make this state. */
export const entriesOf = (state: JournalState): Entry[] => [
  { entry: 'incarnation', format: 1, incarnation: state.incarnation, at: state.startedAt },
  ...[...state.vms].map(([vmId, mark]): Entry => ({ entry: 'vm', vmId, ...mark })),
  ...[...state.commands].flatMap(([id, known]) => entriesOfCommand(id, known)),
]
