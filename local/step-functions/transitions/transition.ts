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

const maxHops = 16

export async function transition(draft: Draft, happening: Happening): Promise<boolean> {
  if (happening.kind === 'expired' || happening.kind === 'stopped') {
    return settleExecution(draft, happening)
  }
  const frame = draft.around.chain[0]
  if (!frame || !(await moveFrame(draft, frame, happening))) return false
  await goOn(draft)
  return true
}

/**
 * Leaving a state and entering the next belong together, and so do states that wait for nothing: one
 * transaction for all of them. Not without end, as a definition may go round in circles.
 */
async function goOn(draft: Draft): Promise<void> {
  for (let hop = 0; hop < maxHops; hop++) {
    const ready = draft.around.chain.find(
      (frame) => frame.phase === 'ready' && draft.saved.has(frame),
    )
    if (!ready) return
    await enter(draft, ready)
  }
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
