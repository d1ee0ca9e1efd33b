/**
 * A host without hardware: VMs are records, starting one takes a while and shows progress, capacity is real. The
 * lowest fake of the house: everything above it is the code that drives QEMU. On purpose it can fail, hang or lose a
 * VM half-way, by the VM's name.
 */
import type { Clock } from '../../core/clock.ts'
import type { HostInventory } from '../../core/contract/resources.ts'
import { idOf } from '../../core/ids.ts'
import { fits } from '../../core/host.ts'
import { fraction } from '../backoff.ts'
import { agentVersion } from '../version.ts'
import {
  HypervisorFailure,
  type Hypervisor,
  type ObservedVm,
  type VmCopy,
  type VmShape,
  type Work,
} from './hypervisor.ts'
import { seededRandom } from './seeded-random.ts'
import { openRecords, type Records } from './simulated-records.ts'

/** fail: refuses to start · hang: makes no headway until aborted · die: ends half-way through its start. */
export type Fault = 'fail' | 'hang' | 'die'

export interface SimulatedOptions {
  /** Where its VMs live on; without one they end with the process. */
  directory?: string
  clock: Clock
  capacity?: { vcpus: number; memoryMiB: number }
  createMs?: number
  deleteMs?: number
  seed?: number
  /** What goes wrong at the next create of a VM of that name; the caller may change it while it runs. */
  faults?: ReadonlyMap<string, Fault>
}

const steps = 10
const VmId = idOf('vm')

class Simulated implements Hypervisor {
  readonly inventory: HostInventory
  readonly #options: SimulatedOptions & { createMs: number; deleteMs: number }
  readonly #records: Records
  readonly #random
  readonly #busy = new Set<string>()
  /** Admitted and not on record yet. */
  readonly #claims = new Map<string, VmShape>()

  constructor(options: SimulatedOptions, records: Records) {
    const { capacity = { vcpus: 64, memoryMiB: 262_144 }, seed = 1 } = options
    this.#options = { createMs: 20, deleteMs: 10, ...options }
    this.#records = records
    this.#random = seededRandom(seed)
    const hypervisorVersion = '1'
    this.inventory = { ...capacity, hypervisor: 'simulated', hypervisorVersion, agentVersion }
  }

  async list(signal: AbortSignal) {
    signal.throwIfAborted()
    return [...this.#records.vms.values()]
  }

  async create(vm: VmCopy & { shape: VmShape }, work: Work) {
    return this.#alone(vm, work, async (found) => {
      const { vmId, generation, shape } = vm
      if (found?.state === 'running') return found
      if (found && found.state !== 'starting')
        throw new HypervisorFailure('NOT_RUNNING', `${vmId} is here and is ${found.state}`)
      if (!found) this.#admit(vmId, shape)
      const starting: ObservedVm = { vmId, generation, shape, state: 'starting' }
      await this.#records.keep(starting).finally(() => this.#claims.delete(vmId))
      const running: ObservedVm = { ...starting, state: 'running' }
      try {
        await this.#start(shape.name, work)
        await this.#records.keep(running)
      } catch (error) {
        if (!work.signal.aborted) await this.#records.remove(vmId)
        throw error
      }
      work.progress({ percent: 100, etaMs: 0 })
      return running
    })
  }

  async delete(vm: VmCopy, work: Work) {
    await this.#alone(vm, work, async (found) => {
      if (found) {
        await this.#records.keep({ ...found, state: 'stopping' })
        await this.#take(this.#options.deleteMs, work)
        await this.#records.remove(vm.vmId)
      }
      work.progress({ percent: 100, etaMs: 0 })
    })
  }

  async close() {}

  /** One at a time for each VM, and only on the copy that is meant. */
  async #alone<T>(vm: VmCopy, work: Work, run: (found: ObservedVm | undefined) => Promise<T>) {
    work.signal.throwIfAborted()
    const { vmId, generation } = vm
    if (!VmId.safeParse(vmId).success)
      throw new HypervisorFailure('VM_ID_INVALID', `${JSON.stringify(vmId)} is not the id of a VM`)
    if (this.#busy.has(vmId)) throw new HypervisorFailure('VM_BUSY', `${vmId} is being worked on`)
    const found = this.#records.vms.get(vmId)
    if (found && found.generation !== generation)
      throw new HypervisorFailure(
        'OTHER_GENERATION',
        `${vmId} is here under generation ${found.generation}, not ${generation}`,
      )
    this.#busy.add(vmId)
    try {
      return await run(found)
    } finally {
      this.#busy.delete(vmId)
    }
  }

  #admit(vmId: string, shape: VmShape) {
    const recorded = [...this.#records.vms.values()].map((vm) => vm.shape)
    const shapes = [...recorded, ...this.#claims.values()]
    const used = {
      vcpus: shapes.reduce((sum, { vcpus }) => sum + vcpus, 0),
      memoryMiB: shapes.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0),
    }
    if (fits(this.inventory, used, shape)) return void this.#claims.set(vmId, shape)
    const { vcpus, memoryMiB } = this.inventory
    throw new HypervisorFailure(
      'CAPACITY_EXCEEDED',
      `${shape.vcpus} vcpus and ${shape.memoryMiB} MiB do not fit beside ${used.vcpus} of ${vcpus} vcpus and ` +
        `${used.memoryMiB} of ${memoryMiB} MiB in use`,
    )
  }

  async #start(name: string, work: Work) {
    const fault = this.#options.faults?.get(name)
    if (fault === 'fail') throw new HypervisorFailure('START_FAILED', `${name} was told to fail`)
    if (fault === undefined) return this.#take(this.#options.createMs, work)
    await this.#take(this.#options.createMs / 2, work, 50)
    if (fault === 'die')
      throw new HypervisorFailure('VM_DIED', `${name} died while it was starting`)
    work.progress({ percent: 50, etaMs: null })
    await new Promise((_, reject) => {
      const give = () => reject(work.signal.reason)
      if (work.signal.aborted) give()
      work.signal.addEventListener('abort', give, { once: true })
    })
  }

  /** Spends about `ms`, telling how far it is; `upTo` is the percentage that this makes. */
  async #take(ms: number, work: Work, upTo = 100) {
    const step = (ms * (0.75 + 0.5 * fraction(this.#random))) / steps
    for (let done = 0; done < steps; done += 1) {
      const etaMs = Math.ceil(((steps * 100) / upTo - done) * step)
      work.progress({ percent: (upTo * done) / steps, etaMs })
      await this.#options.clock.sleep(step, work.signal)
    }
  }
}

export const openSimulated = async (options: SimulatedOptions): Promise<Hypervisor> =>
  new Simulated(options, await openRecords(options.directory))
