/** How an operation looks: as a line of a table, and alone. */
import type { Operation } from '../../core/contract/resources.ts'
import type { Cli } from '../cli.ts'
import { ageText, spanText } from '../durations.ts'
import { stateColour, type Column } from '../table.ts'

export const operationColumns = ({ clock }: Cli): readonly Column<Operation>[] => [
  { title: 'ID', text: (op) => op.id },
  { title: 'KIND', text: (op) => op.kind },
  { title: 'TARGET', text: (op) => targetId(op) },
  { title: 'STATE', text: (op) => op.state, colour: (op) => stateColour(op.state) },
  { title: 'PHASE', text: (op) => op.progress.phase },
  { title: 'TOOK', text: (op) => tookText(op, clock.now()) },
  { title: 'AGE', text: (op) => ageText(op.createdAt, clock.now()) },
]

export const operationFields = (op: Operation, now: number) =>
  [
    ['id', op.id],
    ['kind', op.kind],
    ['target', op.target],
    ['state', op.state],
    ['phase', progressText(op)],
    ['took', tookText(op, now)],
    ['actor', op.actor],
    ['created', op.createdAt],
    ['finished', op.finishedAt ?? '–'],
    ['trace', op.traceId],
    ['error', op.error ? `${op.error.title} [${op.error.code}]` : '–'],
  ] as const

export const isOver = ({ state }: Pick<Operation, 'state'>) =>
  state === 'succeeded' || state === 'failed'

export const targetId = (op: Operation) => op.target.split('/').at(-1) ?? op.target

const tookText = (op: Operation, now: number) =>
  spanText((op.finishedAt === null ? now : Date.parse(op.finishedAt)) - Date.parse(op.createdAt))

/** Where it stands and when it will end, or why nobody can say. */
export const progressText = ({ state, progress }: Operation) => {
  const { phase, phaseIndex, phaseCount, percent, etaMs, etaReason } = progress
  const where = `${phase} (${phaseIndex + 1} of ${phaseCount})`
  if (isOver({ state })) return where
  const share = percent === null ? '' : `, ${Math.floor(percent)} %`
  const end = etaMs === null ? `no ETA: ${etaReason ?? 'not known'}` : `ETA ${spanText(etaMs)}`
  return `${where}${share}, ${end}`
}
