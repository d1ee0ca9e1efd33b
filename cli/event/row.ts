/** How an event looks to a person: number, time, what happened, to what. */
import type { Event } from '../../core/contract/event.ts'
import { printable } from '../table.ts'

const typeWidth = 'operation.progressed'.length

export const eventLine = ({ sequence, time, type, subject, data }: Event) => {
  const what = type.replace(/^dev\.novacron\./, '').replace(/\.v\d+$/, '')
  const about = [subject.split('/').at(-1), data.name, stateText(data)].filter(
    (part) => typeof part === 'string',
  )
  const line = `${Number(sequence)}`.padStart(6)
  return printable(`${line}  ${time}  ${what.padEnd(typeWidth)}  ${about.join('  ')}`)
}

const stateText = ({ progress, state }: Event['data']) => {
  const { phase } = (progress ?? {}) as { phase?: unknown }
  return typeof phase === 'string' ? phase : state
}
