/**
 * Executions are forgotten 90 days after they ended, as on the real service. Each start buries two that are
 * due, so the file does not grow forever and no sweep ever takes long.
 */
import type { Journal } from '../journal.ts'

const atATime = 2

export function forgetExpired(journal: Journal, stoppedBefore: number): void {
  const rows = journal.all(
    'SELECT id FROM sfn_execution WHERE stopped_at <= ? ORDER BY stopped_at LIMIT ?',
    stoppedBefore,
    atATime,
  )
  for (const row of rows) forgetExecution(journal, Number(row.id))
}

export function forgetExecution(journal: Journal, id: number): void {
  journal.transact(() => {
    journal.run('DELETE FROM sfn_event WHERE execution = ?', id)
    journal.run('DELETE FROM sfn_token WHERE execution = ?', id)
    journal.run('DELETE FROM sfn_execution WHERE id = ?', id)
  })
}
