/**
 * What is left of a command that was to begin a VM and failed. "Nothing" lets the control plane give the VM to another
 * host, where it would run a second time: so it is never concluded from an error, only from what the hypervisor lists.
 * What such a command leaves half-way is removed. A copy that runs is what was asked for; whatever else is here was
 * not begun by it, and stays.
 */
import type { Clock } from '../core/clock.ts'
import { within } from './deadline.ts'
import type { Hypervisor, ObservedState, ObservedVm, VmCopy } from './hypervisor/hypervisor.ts'

/** Longer than this no hypervisor is waited for. */
const limitMs = 60_000
const halfWay: ReadonlySet<ObservedState> = new Set(['starting', 'stopping'])

export interface Looking {
  hypervisor: Hypervisor
  clock: Clock
  signal: AbortSignal
}

export class StillHere extends Error {
  constructor({ vmId, generation, state }: ObservedVm) {
    super(`${vmId} is on this host under generation ${generation}, ${state}`)
    this.name = 'StillHere'
  }
}

const copiesOf = async (vmId: string, hypervisor: Hypervisor, signal: AbortSignal) =>
  (await hypervisor.list(signal)).filter((vm) => vm.vmId === vmId)

/** Rejects unless the hypervisor lists nothing of the VM, whatever its generation. */
const seeNothingOf = async (vmId: string, hypervisor: Hypervisor, signal: AbortSignal) => {
  const [here] = await copiesOf(vmId, hypervisor, signal)
  if (here) throw new StillHere(here)
}

export const observeAbsence = ({ vmId }: VmCopy, { hypervisor, clock, signal }: Looking) =>
  within(limitMs, clock, signal, (until) => seeNothingOf(vmId, hypervisor, until))

/** Removes what a failed beginning may have left, and says what can be seen then; rejects when it is neither. */
export const clearAway = (copy: VmCopy, { hypervisor, clock, signal }: Looking) =>
  within(limitMs, clock, signal, async (until): Promise<'absent' | 'running'> => {
    const { vmId, generation } = copy
    const here = await copiesOf(vmId, hypervisor, until)
    const foreign = here.find((vm) => vm.generation !== generation)
    if (foreign) throw new StillHere(foreign)
    if (here.some(({ state }) => state === 'running')) return 'running'
    const whole = here.find(({ state }) => !halfWay.has(state))
    if (whole) throw new StillHere(whole)
    await hypervisor.delete({ vmId, generation }, { signal: until, progress: () => {} })
    await seeNothingOf(vmId, hypervisor, until)
    return 'absent'
  })
