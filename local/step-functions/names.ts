/** What machines and executions may be called, as the service has it. */
import { maxNameCharacters } from './limits.ts'

// oxlint-disable-next-line no-control-regex -- control characters are among what a name may not hold
const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/

export function isName(name: string): boolean {
  return name.length >= 1 && name.length <= maxNameCharacters && !forbidden.test(name)
}
