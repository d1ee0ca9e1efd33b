/** Everything that can make an execution move. Each is decided on by one transition. */
import type { Failure } from '../errors.ts'
import type { Json } from '../json.ts'

export type Happening = FrameHappening | ExecutionHappening

export type FrameHappening =
  /** The frame stands ready before its state. */
  | { kind: 'ready'; frame: number }
  | { kind: 'answered'; frame: number; turn: number; answer: Answer }
  | { kind: 'called-back'; frame: number; token: string; callback: Answer | 'heartbeat' }
  /** A deadline of the frame has passed. */
  | { kind: 'due'; frame: number }

export type ExecutionHappening =
  { kind: 'expired' } | { kind: 'stopped'; failure: Partial<Failure> }

export type Answer = { output: Json } | { failure: Failure }
