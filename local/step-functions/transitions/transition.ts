/**
 * Decides what a happening does to an execution: reads the frames concerned, writes a draft, touches
 * nothing else. Returns false when the happening comes too late to mean anything.
 */
import type { Draft } from '../draft.ts'
import type { Frame } from '../frames.ts'
import { enter, enterAgain } from './enter.ts'
import type { FrameHappening, Happening } from './happenings.ts'
import { settleExecution } from './settle-execution.ts'
import { taskAnswered, taskCalledBack, taskDue } from './task.ts'
import { waitDue } from './wait.ts'

export async function transition(draft: Draft, happening: Happening): Promise<boolean> {
  if (happening.kind === 'expired' || happening.kind === 'stopped') {
    return settleExecution(draft, happening)
  }
  const frame = draft.around.chain[0]
  return frame ? moveFrame(draft, frame, happening) : false
}

async function moveFrame(draft: Draft, frame: Frame, happening: FrameHappening): Promise<boolean> {
  switch (happening.kind) {
    case 'ready':
      if (frame.phase !== 'ready') return false
      await enter(draft, frame)
      return true
    case 'answered':
      return taskAnswered(draft, frame, happening)
    case 'called-back':
      return taskCalledBack(draft, frame, happening)
    case 'due':
      if (frame.phase === 'waiting') return waitDue(draft, frame)
      if (frame.phase === 'backing-off') return enterAgain(draft, frame)
      return taskDue(draft, frame)
  }
}
