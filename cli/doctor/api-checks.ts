/** Is there an API, is it this one, and does it live in our time? */
import { spanText } from '../durations.ts'
import { version } from '../version.ts'
import { fault, faultOf, ok, skipped, type Look } from './finding.ts'
import type { Patient } from './patient.ts'

const noApi = skipped('needs the API')
/** A Date header counts whole seconds, and the answer was on its way. */
const skewAllowedMs = 10_000

export const lookAtAddress = async (patient: Patient): Promise<Look> => {
  const address = await patient.address()
  if ('not' in address) return faultOf(address.not)
  const { url, from } = address.is
  const { protocol, hostname } = new URL(url)
  const near = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
  if (protocol === 'http:' && !near)
    return fault(
      `${url} (from ${from}) is not encrypted: whoever listens on the way has the key`,
      `export NOVACRON_URL=${url.replace('http:', 'https:')}`,
    )
  return ok(`${url} (from ${from})`)
}

export const lookAtApi = async (patient: Patient): Promise<Look> => {
  const address = await patient.address()
  if ('not' in address) return skipped('needs an address')
  const about = await patient.about()
  return 'not' in about ? faultOf(about.not) : ok('answers')
}

/** Within a minor version the two understand each other. */
export const lookAtVersions = async (patient: Patient): Promise<Look> => {
  const about = await patient.about()
  if ('not' in about) return noApi
  const [here, there] = [version(), about.is.body.version]
  const minor = (text: string) => text.split('.').slice(0, 2).join('.')
  const told = `CLI ${here}, API ${there}, Node ${process.versions.node}`
  return minor(here) === minor(there) ? ok(told) : fault(told, 'git pull && npm ci')
}

export const lookAtClock = async (patient: Patient): Promise<Look> => {
  const about = await patient.about()
  if ('not' in about) return noApi
  const there = Date.parse(about.is.headers.get('date') ?? '')
  if (Number.isNaN(there)) return skipped('the API does not say what time it is')
  const skewMs = patient.cli.clock.now() - there
  const told = `${spanText(Math.abs(skewMs))} ${skewMs < 0 ? 'behind' : 'ahead of'} the API`
  return Math.abs(skewMs) <= skewAllowedMs
    ? ok('agrees with the API')
    : fault(told, 'sudo timedatectl set-ntp true')
}
