/** The checks of doctor, in the order in which one depends on another. Adding one: a line here and its function. */
import { lookAtAddress, lookAtApi, lookAtClock, lookAtVersions } from './api-checks.ts'
import { lookAtFailed, lookAtHosts, lookAtUnstarted } from './fleet-checks.ts'
import type { Look } from './finding.ts'
import { lookAtExpiry, lookAtKey, lookAtKeyFile, lookAtPrincipal } from './key-checks.ts'
import type { Patient } from './patient.ts'

interface Check {
  name: string
  look: (patient: Patient) => Promise<Look>
}

export const checks: readonly Check[] = [
  { name: 'address', look: lookAtAddress },
  { name: 'api', look: lookAtApi },
  { name: 'versions', look: lookAtVersions },
  { name: 'clock', look: lookAtClock },
  { name: 'key', look: lookAtKey },
  { name: 'key file', look: lookAtKeyFile },
  { name: 'key accepted', look: lookAtPrincipal },
  { name: 'key expiry', look: lookAtExpiry },
  { name: 'hosts', look: lookAtHosts },
  { name: 'unstarted operations', look: lookAtUnstarted },
  { name: 'failed VMs', look: lookAtFailed },
]
