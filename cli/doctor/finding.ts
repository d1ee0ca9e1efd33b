/** What a check found: fine, a fault with its one fix, or nothing to say because something before it is broken. */
import type { CliFailure } from '../cli-failure.ts'

export interface Look {
  state: 'ok' | 'fault' | 'skipped'
  detail: string
  /** The one command that helps; null unless it is a fault. */
  fix: string | null
}
export interface Finding extends Look {
  check: string
}

export const ok = (detail: string): Look => ({ state: 'ok', detail, fix: null })
export const fault = (detail: string, fix: string): Look => ({ state: 'fault', detail, fix })
export const skipped = (detail: string): Look => ({ state: 'skipped', detail, fix: null })

/** A refusal as a fault: the first of its fixes that is a command. */
export const faultOf = ({ account }: CliFailure): Look => {
  const fix = account.fix.find(({ command }) => command !== undefined)?.command
  const { title, detail, code } = account
  const told = detail === title || detail === '' ? title : `${title}: ${detail}`
  return fault(told.replace(/\.$/, ''), fix ?? `npx novacron failure ${code}`)
}
