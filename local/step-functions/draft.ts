/**
 * What one transition wants to change, collected before anything is written. The transition functions see
 * the frames on the way from the one concerned to the root and write here; the journal then stores the
 * whole draft in one SQLite transaction, or nothing of it.
 */
import type { Machine } from './definition.ts'
import type { Failure } from './errors.ts'
import type { Execution, Frame, Status } from './frames.ts'
import type { Json, JsonObject } from './json.ts'
import type { State } from './shape.ts'

export interface Event {
  id: number
  type: string
  at: number
  previous: number
  path: string
  details: JsonObject
}

export interface Settlement {
  status: Exclude<Status, 'RUNNING'>
  output?: Json
  failure?: Partial<Failure>
}

/** What a transition must know about a frame's children; asked only when one of them ends. */
export interface Nursery {
  childrenOf(parent: Frame): Frame[]
  /** Whether children other than this one are still on their way. */
  othersUnfinished(child: Frame): boolean
  nextQueued(parent: Frame): Frame | undefined
}

export interface Surroundings {
  machine: Machine
  execution: Execution
  /** From the frame concerned to the root. */
  chain: Frame[]
  nursery: Nursery
  now: number
  random: () => number
  newToken: () => string
}

export class Draft {
  readonly around: Surroundings
  readonly saved = new Set<Frame>()
  /** Frames whose whole offspring is removed. */
  readonly pruned = new Set<Frame>()
  readonly events: Event[] = []
  settlement: Settlement | undefined

  constructor(around: Surroundings) {
    this.around = around
  }

  get now(): number {
    return this.around.now
  }

  /** Stores the frame as it is when the transition ends; a frame without an id is created. */
  save(frame: Frame): void {
    this.saved.add(frame)
  }

  prune(frame: Frame): void {
    this.pruned.add(frame)
    for (const other of this.saved) {
      if (other.parent === frame.id) this.saved.delete(other)
    }
  }

  event(frame: Pick<Frame, 'lastEvent' | 'path'>, type: string, details: JsonObject = {}): number {
    const id = this.around.execution.events + this.events.length + 1
    this.events.push({
      id,
      type,
      at: this.now,
      previous: frame.lastEvent,
      path: frame.path,
      details,
    })
    frame.lastEvent = id
    return id
  }

  /** The state a frame stands in, or before. */
  stateOf(frame: Frame): State {
    const state = this.around.machine.states.get(frame.state)
    if (!state) throw new Error(`no state ${frame.state} in ${this.around.machine.name}`)
    return state
  }

  parentOf(frame: Frame): Frame | undefined {
    return this.around.chain.find((other) => other.id === frame.parent)
  }

  /** Ends the execution; nothing of it goes on. */
  settle(settlement: Settlement): void {
    this.settlement = settlement
    this.saved.clear()
  }
}
