/** Is there a key, is it kept safely, is it accepted, and for how long? */
import { statSync } from 'node:fs'
import type { CliFailure } from '../cli-failure.ts'
import { spanText } from '../durations.ts'
import { exitCodes } from '../exit-codes.ts'
import { quoted } from '../quoted.ts'
import { fault, faultOf, ok, skipped, type Look } from './finding.ts'
import type { Patient } from './patient.ts'

const soonMs = 7 * 86_400_000

export const lookAtKey = async (patient: Patient): Promise<Look> => {
  const credential = await patient.credential()
  return 'not' in credential ? faultOf(credential.not) : ok(`from ${credential.is.from}`)
}

export const lookAtKeyFile = async (patient: Patient): Promise<Look> => {
  const credential = await patient.credential()
  if ('not' in credential) return skipped('needs a key')
  const { file } = credential.is
  if (file === undefined) return skipped('the key is in no file')
  const mode = statSync(file).mode & 0o777
  const told = `${file} has mode 0${mode.toString(8)}`
  return (mode & 0o077) === 0
    ? ok(told)
    : fault(`${told}: others can read it`, `chmod 600 ${quoted(file)}`)
}

export const lookAtPrincipal = async (patient: Patient): Promise<Look> => {
  const needs = await Promise.all([patient.about(), patient.credential()])
  if (needs.some((need) => 'not' in need)) return skipped('needs the API and a key')
  const principal = await patient.principal()
  if ('not' in principal) return refusedKey(patient, principal.not)
  const { id, role, scopes, tenantId } = principal.is
  const only = scopes.length > 0 ? `, only ${scopes.join(', ')}` : ''
  return ok(`${id} is ${role} of ${tenantId}${only}`)
}

/** Whoever is refused cannot make a new key; but there may be another one at hand. */
const refusedKey = async (patient: Patient, failure: CliFailure): Promise<Look> => {
  const look = faultOf(failure)
  if (failure.exitCode !== exitCodes.notAuthenticated) return look
  const credential = await patient.credential()
  const other = patient.keyAtHome()
  const fromEnvironment = 'is' in credential && credential.is.from === 'NOVACRON_API_KEY'
  const fix = fromEnvironment && other ? 'unset NOVACRON_API_KEY' : 'export NOVACRON_API_KEY=nvc_…'
  return fault(look.detail, fix)
}

export const lookAtExpiry = async (patient: Patient): Promise<Look> => {
  const principal = await patient.principal()
  if ('not' in principal) return skipped('needs an accepted key')
  const { expiresAt, role } = principal.is
  const leftMs = Date.parse(expiresAt) - patient.cli.clock.now()
  const told = `expires in ${spanText(leftMs)}`
  if (leftMs > soonMs) return ok(told)
  return fault(told, `npx novacron key create --role ${role} --save ${role}.key`)
}
