/** Is there a host to run on, and has what was asked for been done lately? */
import { CliFailure } from '../cli-failure.ts'
import { listItems, type ListRoute } from '../list-items.ts'
import { fault, faultOf, ok, skipped, type Look } from './finding.ts'
import { atOnce, type Patient } from './patient.ts'

const hourMs = 3_600_000
const startedWithinMs = 60_000

/** What the key may not see is none of its concern. */
const ifAllowed = async (patient: Patient, look: () => Promise<Look>): Promise<Look> => {
  if ('not' in (await patient.principal())) return skipped('needs an accepted key')
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error
    return error.account.code === 'FORBIDDEN' ? skipped('this key may not see it') : faultOf(error)
  }
}

const some = async <N extends ListRoute>(patient: Patient, route: N, filter?: string) =>
  (await listItems(await patient.api(), route, { filter, limit: 100, sending: atOnce })).items

export const lookAtHosts = (patient: Patient) =>
  ifAllowed(patient, async () => {
    const hosts = await some(patient, 'list-hosts')
    const ready = hosts.filter(({ state }) => state === 'ready').length
    if (ready > 0) return ok(`${ready} of ${hosts.length} ready`)
    return hosts.length === 0
      ? fault('no host has joined', 'npx novacron host token create')
      : fault(`none of ${hosts.length} is ready`, 'npx novacron host list')
  })

const since = (patient: Patient, ms: number) => new Date(patient.cli.clock.now() - ms).toISOString()

export const lookAtUnstarted = (patient: Patient) =>
  ifAllowed(patient, async () => {
    const filter = `state = queued AND createdAt < "${since(patient, startedWithinMs)}"`
    const [oldest, ...rest] = await some(patient, 'list-operations', filter)
    if (!oldest) return ok('none')
    const more = rest.length > 0 ? ` and ${rest.length} more` : ''
    return fault(
      `${oldest.id}${more} was begun over a minute ago and has not started`,
      `npx novacron operation watch ${oldest.id}`,
    )
  })

export const lookAtFailed = (patient: Patient) =>
  ifAllowed(patient, async () => {
    const filter = `state = failed AND createdAt > "${since(patient, hourMs)}"`
    const failed = await some(patient, 'list-operations', filter)
    const last = failed.at(-1)
    if (!last) return ok('none in the last hour')
    const why = last.error ? `: ${last.error.title} [${last.error.code}]` : ''
    return fault(
      `${failed.length} in the last hour, the last ${last.id}${why}`,
      `npx novacron operation get ${last.id}`,
    )
  })
