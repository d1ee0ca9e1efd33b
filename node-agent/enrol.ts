/**
 * Joining: once in a host's life, with a one-time token, signed by the key that is to be believed from then on. The
 * answer may be lost after it took effect: a token that is refused is therefore no proof that we are not enrolled.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import type { Clock } from '../core/clock.ts'
import { routes } from '../core/contract/api.ts'
import type { HostInventory } from '../core/contract/resources.ts'
import type { RandomBytes } from '../core/ids.ts'
import { untilDone } from './backoff.ts'
import { Refusal, type ControlPlane, type RefusalCode } from './control-plane.ts'
import { AgentFailure, say } from './failures.ts'
import type { Identity } from './identity.ts'
import type { Log } from './log.ts'
import { writeWhole } from './write-whole.ts'

export interface Enrolling {
  directory: string
  controlPlane: ControlPlane
  identity: Identity
  incarnation: string
  joinToken: string | undefined
  name: string
  site: string
  inventory: HostInventory
  clock: Clock
  random: RandomBytes
  signal: AbortSignal
  log: Log
}

const Enrolment = z.object({ hostId: z.string() })
const answerOf = routes['enrol-host'].answers[200].strip()
const final: ReadonlySet<RefusalCode> = new Set([
  'JOIN_TOKEN_INVALID',
  'INPUT_INVALID',
  'HOST_SIGNATURE_INVALID',
  'NAME_TAKEN',
])

/** Refusals that we also get when an earlier enrolment took effect and its answer was lost. */
const mayBeOurs: ReadonlySet<RefusalCode> = new Set(['JOIN_TOKEN_INVALID', 'NAME_TAKEN'])

const isEnrolled = async (path: string, hostId: string) => {
  try {
    return Enrolment.parse(JSON.parse(await readFile(path, 'utf8'))).hostId === hostId
  } catch {
    // Missing or unreadable: asking again does no harm.
    return false
  }
}

const retrying = <T>({ clock, random, signal, log }: Enrolling, attempt: () => Promise<T>) =>
  untilDone(
    {
      clock,
      random,
      signal,
      backoff: { firstMs: 500, limitMs: 15_000 },
      failed: (error) => {
        if (!(error instanceof Refusal) || final.has(error.code)) throw error
        log('warn', 'not enrolled yet', { reason: say(error) })
        return error.retryAfterMs
      },
    },
    attempt,
  )

/** Whether the control plane knows our key already. */
const isKnown = async (enrolling: Enrolling) => {
  const { controlPlane, incarnation, signal } = enrolling
  try {
    await retrying(enrolling, () =>
      controlPlane.ask('take-commands', { incarnation }, z.unknown(), { signal }),
    )
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

const present = async (enrolling: Enrolling) => {
  const { controlPlane, identity, joinToken, name, site, inventory, signal } = enrolling
  if (joinToken === undefined) {
    if (await isKnown(enrolling)) return
    throw new AgentFailure(
      'NOT_ENROLLED',
      `${identity.hostId} is not enrolled and has no join token`,
    )
  }
  const body = { joinToken, publicKey: identity.publicKey, name, site, inventory }
  try {
    const { hostId } = await retrying(enrolling, () =>
      controlPlane.ask('enrol-host', body, answerOf, { signal }),
    )
    if (hostId !== identity.hostId)
      throw new AgentFailure('NOT_ENROLLED', `The control plane named us ${hostId}`)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (mayBeOurs.has(error.code) && (await isKnown(enrolling))) return
    throw new AgentFailure('NOT_ENROLLED', say(error), error)
  }
}

export const enrol = async (enrolling: Enrolling) => {
  const { directory, identity, log } = enrolling
  const path = join(directory, 'enrolment.json')
  if (await isEnrolled(path, identity.hostId)) return
  await present(enrolling)
  await writeWhole(path, `${JSON.stringify({ hostId: identity.hostId })}\n`, 0o600)
  log('info', 'enrolled', { hostId: identity.hostId })
}
