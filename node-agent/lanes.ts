/**
 * Each VM has a lane: its commands are carried out one after the other, those of different VMs side by side, up to a
 * limit. A job that ends its VM overtakes: it interrupts the one under way, which takes its turn again afterwards.
 */
import { Slots } from './slots.ts'

export interface Job {
  vmId: string
  overtakes: boolean
  /** Rejects with the signal's reason when it was interrupted; settles otherwise when it need not come again. */
  run(signal: AbortSignal): Promise<void>
}

class Interrupted extends Error {
  constructor() {
    super('another command ends this VM')
    this.name = 'Interrupted'
  }
}

interface Lane {
  queue: Job[]
  current: { job: Job; controller: AbortController } | undefined
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>()
  readonly #slots: Slots
  readonly #signal: AbortSignal
  readonly #failed: (error: unknown) => void
  readonly #driving = new Set<Promise<void>>()

  /** `failed` hears of what no job may throw: a bug. */
  constructor(parallel: number, signal: AbortSignal, failed: (error: unknown) => void) {
    this.#slots = new Slots(parallel)
    this.#signal = signal
    this.#failed = failed
  }

  add(job: Job) {
    const lane = this.#lanes.get(job.vmId)
    if (lane) return this.#join(lane, job)
    const fresh: Lane = { queue: [job], current: undefined }
    this.#lanes.set(job.vmId, fresh)
    const driving = this.#slots
      .use(this.#signal, () => this.#drive(job.vmId, fresh))
      .catch((error: unknown) => {
        if (!this.#signal.aborted) this.#failed(error)
      })
      .finally(() => this.#driving.delete(driving))
    this.#driving.add(driving)
  }

  /** Resolves when nothing is under way any more; abort the signal first. */
  async settled() {
    await Promise.all(this.#driving)
  }

  #join({ queue, current }: Lane, job: Job) {
    if (!job.overtakes) return void queue.push(job)
    const behind = queue.findLastIndex((other) => other.overtakes) + 1
    queue.splice(behind, 0, job)
    if (current && !current.job.overtakes) current.controller.abort(new Interrupted())
  }

  async #drive(vmId: string, lane: Lane) {
    for (let job = lane.queue.shift(); job; job = lane.queue.shift()) {
      const controller = new AbortController()
      lane.current = { job, controller }
      try {
        await job.run(AbortSignal.any([this.#signal, controller.signal]))
      } catch (error) {
        if (this.#signal.aborted) return
        if (controller.signal.aborted && error === controller.signal.reason) {
          const behind = lane.queue.findLastIndex((other) => other.overtakes) + 1
          lane.queue.splice(behind, 0, job)
        } else this.#failed(error)
      } finally {
        lane.current = undefined
      }
    }
    // At once, before anybody can join a lane that nobody drives any more.
    this.#lanes.delete(vmId)
  }
}
