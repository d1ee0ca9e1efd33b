/** Is there a host to run on, and has what was asked for been done lately? */
import { CliFailure } from '../cli-failure.ts'
import { listItems, type ListRoute } from '../list-items.ts'
import { fault, faultOf, ok, skipped, type Look } from './finding.ts'
import { atOnce, type Patient } from './patient.ts'

const startedWithinMs = 60_000
const silentMs = 60_000

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
    if (hosts.length === 0) return fault('no host has joined', 'npx novacron host token create')
    const ready = hosts.filter(({ state }) => state === 'ready')
    if (ready.length === 0)
      return fault(`none of ${hosts.length} is ready`, 'npx novacron host list')
    const heardSince = since(patient, silentMs)
    const silent = ready.filter(({ lastSeenAt }) => lastSeenAt === null || lastSeenAt < heardSince)
    if (silent.length > 0)
      return fault(toldSilent(silent.map(({ name }) => name)), 'npx novacron host list')
    return ok(`${ready.length} of ${hosts.length} ready`)
  })

const toldSilent = ([first, ...rest]: string[]) =>
  `${first}${rest.length > 0 ? ` and ${rest.length} more` : ''} not heard for over a minute`

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

/** A failed VM holds its name, and perhaps room on a host, until somebody deletes it. */
export const lookAtFailed = (patient: Patient) =>
  ifAllowed(patient, async () => {
    const failed = await some(patient, 'list-vms', 'state = failed')
    const last = failed.at(-1)
    if (!last) return ok('none')
    const why = last.failure ? `: ${last.failure.title} [${last.failure.code}]` : ''
    const one = failed.length === 1 ? '' : `${failed.length} of them, the last is `
    return fault(`${one}${last.name}${why}`, `npx novacron vm delete ${last.id}`)
  })
