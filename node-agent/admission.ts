/**
 * Whether a command may touch its VM, from what the journal knows. Pure.
 *
 * A lower generation than one accepted before is refused: the VM has moved on. A VM that was deleted here under a
 * generation is not made again under it. And HOLD: a VM that runs here without the journal knowing of it belongs to
 * a journal that was lost. It runs on, and nothing is done to it: its commands get no final answer, whatever their
 * kind, because neither "done" nor "nothing of it is left" is true.
 */
import type { Command } from '../core/contract/command.ts'
import { effectOf } from './commands/commands.ts'
import type { ObservedVm } from './hypervisor/hypervisor.ts'
import type { VmMark } from './journal-state.ts'

export type Verdict =
  { admit: 'yes' } | { admit: 'refuse'; reason: string } | { admit: 'hold'; reason: string }

export interface Known {
  markOf(vmId: string): VmMark | undefined
}

/** The VMs that are here under a generation which the journal has never accepted. */
export const heldVms = (observed: readonly ObservedVm[], journal: Known) =>
  new Map(
    observed
      .filter(({ vmId, generation }) => (journal.markOf(vmId)?.generation ?? 0) < generation)
      .map(({ vmId, generation }) => [vmId, generation]),
  )

export const admit = (
  command: Command,
  journal: Known,
  held: ReadonlyMap<string, number>,
): Verdict => {
  const { vmId, generation } = command
  const heldGeneration = held.get(vmId)
  if (heldGeneration !== undefined) {
    const reason =
      `HOLD: ${vmId} is on this host under generation ${heldGeneration} and the journal that knew of it is lost; ` +
      'it is left as it is until somebody restores the journal'
    return { admit: 'hold', reason }
  }
  const mark = journal.markOf(vmId)
  if (mark && generation < mark.generation)
    return {
      admit: 'refuse',
      reason: `GENERATION_STALE: this host has accepted generation ${mark.generation} of ${vmId}, not ${generation}`,
    }
  if (mark && generation <= mark.goneGeneration && effectOf(command) !== 'ends')
    return {
      admit: 'refuse',
      reason: `VM_GONE: ${vmId} was deleted on this host under generation ${mark.goneGeneration}`,
    }
  return { admit: 'yes' }
}
