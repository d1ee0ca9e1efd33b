/**
 * An execution as it is stored. Instead of a call stack it has a tree of frames: one for the machine, and
 * under a frame that stands in a Parallel or Map one for each branch or item. Each frame stands in one
 * state and says what it waits for, so that whatever was killed can go on from the rows alone.
 */
import type { Json, JsonObject } from './json.ts'

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

export interface Execution {
  id: number
  machine: string
  name: string
  /** The definition it started with. */
  hash: string
  status: Status
  /** JSON text. */
  input: string
  output: string | null
  error: string | null
  cause: string | null
  startedAt: number
  stoppedAt: number | null
  deadline: number | null
  /** How many history events there are. */
  events: number
}

/**
 * queued: an item of a Map that waits for a place; ready: is about to enter its state;
 * invoking: a function was called and has not answered; awaiting: it has answered, the callback has not come;
 * waiting: in a Wait state; backing-off: before a retry; branching: its branches or items are under way;
 * done: has its output and waits for its siblings.
 */
export type Phase =
  'queued' | 'ready' | 'invoking' | 'awaiting' | 'waiting' | 'backing-off' | 'branching' | 'done'

export interface Frame {
  /** 0 until it is stored. */
  id: number
  execution: number
  parent: number | null
  /** Which branch or item of its parent. */
  index: number
  phase: Phase
  /** Where its history events belong in the tree; sorts and nests for people. */
  path: string
  state: string
  /** Rises with every attempt at every state; an answer that carries another turn is stale. */
  turn: number
  enteredAt: number
  lastEvent: number
  input: Json
  /** This scope's own variables; those around it are in the parents. */
  variables: JsonObject
  /** How often each retrier of the state has been used since the state was entered. */
  retries: number[]
  call?: Call | undefined
  wakeAt?: number | undefined
  timeoutAt?: number | undefined
  heartbeatAt?: number | undefined
  heartbeatMs?: number | undefined
  item?: { index: number; value: Json } | undefined
  output?: Json | undefined
}

/** What a task called, kept so that the very same call can be made again after a crash. */
export interface Call {
  functionName: string
  payload: Json
  token?: string | undefined
}

/** When the clock next has something to say to a frame. */
export function dueAt(frame: Frame): number | null {
  const moments = [frame.wakeAt, frame.timeoutAt, frame.heartbeatAt].filter(
    (moment) => moment !== undefined,
  )
  return moments.length === 0 ? null : Math.min(...moments)
}

export function retryCount(frame: Frame): number {
  return frame.retries.reduce((sum, count) => sum + (count ?? 0), 0)
}

/** Puts a frame in front of a state, forgetting everything about the one it stood in. */
export function moveTo(frame: Frame, state: string, input: Json): void {
  frame.state = state
  frame.input = input
  frame.phase = 'ready'
  frame.retries = []
  frame.turn += 1
  disarm(frame)
}

/** Ends an attempt: no timer of it fires and no token of it is accepted any more. */
export function disarm(frame: Frame): void {
  frame.call = undefined
  frame.wakeAt = undefined
  frame.timeoutAt = undefined
  frame.heartbeatAt = undefined
  frame.heartbeatMs = undefined
}
