/**
 * How a change happens. The verb reads and decides; what it answers is carried out here, in one transaction together
 * with the answer under the caller's Idempotency-Key. If somebody else was faster the verb decides anew on what is
 * there now; with validateOnly nothing is written; a long one begins its workflow and may be waited for.
 */
import type { StoredKey } from '../../core/api-key.ts'
import type { RouteName } from '../../core/contract/api.ts'
import { Failure } from '../../core/contract/failures.ts'
import type { Operation } from '../../core/contract/resources.ts'
import { admit, type Request } from './admit.ts'
import { begin } from './begin.ts'
import { httpHandler, type HttpEvent } from './handler.ts'
import {
  fingerprintOf,
  idempotencyKeyOf,
  recallAnswer,
  rememberAnswer,
  type Recalled,
} from './idempotency.ts'
import { unstartedItem, type Start } from './items.ts'
import type { Key } from './keys.ts'
import { awaitOperation } from './operations.ts'
import type { Input } from './request.ts'
import { etagOf, render, type GivenAnswer } from './response.ts'
import { commit, untilCommitted, wouldCommit, type Write } from './commit.ts'
import { get } from './table.ts'
import { whileWaiting } from './waiting.ts'

export interface Change {
  writes: readonly Write[]
  status?: number
  body?: unknown
  /** What is told once and never again: secrets. It is not kept with the answer. */
  once?: Record<string, unknown>
  version?: number
  location?: string
  /** A change that takes longer: the operation, and the workflow that carries it out. */
  begins?: { operation: Operation; start: Start }
}

interface Asked {
  input: Input
  event: HttpEvent
  key: StoredKey
  now: number
}

export const answerChange = <N extends RouteName>(
  name: N,
  verb: (request: Request<N>) => Promise<Change>,
) =>
  httpHandler(async (event, trace) => {
    const { request, input } = await admit(name, event, trace)
    const { key, now } = request
    const asked = { input, event, key, now }
    // Who may not wait is refused before anything is changed.
    return render(
      await whileWaiting(key, waitOf(input), () => carryOut(name, asked, () => verb(request))),
    )
  })

const carryOut = async (
  route: RouteName,
  asked: Asked,
  verb: () => Promise<Change>,
): Promise<GivenAnswer> => {
  const memory = memoryOf(route, asked)
  if (asked.input.query.validateOnly === 'true') {
    const answer = (await memory?.recall())?.answer ?? (await rehearse(await verb()))
    return { ...answer, headers: { 'novacron-validate-only': 'true' } }
  }
  const given = await untilCommitted(async () => {
    const past = await memory?.recall()
    if (past?.answer) return past.answer
    try {
      return await perform(await verb(), memory && ((answer) => memory.remember(answer, past)))
    } catch (error) {
      // An equal request may have been carried out since we looked: then its answer is ours too, not this refusal.
      const meanwhile = error instanceof Failure ? await memory?.recall() : undefined
      if (meanwhile?.answer) return meanwhile.answer
      throw error
    }
  })
  return waitIfAsked(given, asked)
}

interface Memory {
  recall(): Promise<Recalled | undefined>
  /** In the place of what was recalled, should that be too old to count. */
  remember(answer: GivenAnswer, past: Recalled | undefined): Write
}

const memoryOf = (route: RouteName, { input, event, key, now }: Asked): Memory | undefined => {
  if (input.idempotencyKey === undefined) return undefined
  const { method, path } = event.requestContext.http
  const fingerprint = fingerprintOf(method, path, input.body)
  const at: Key = idempotencyKeyOf(
    { tenantId: key.tenantId, keyId: key.id },
    route,
    input.idempotencyKey,
  )
  return {
    recall: async () => {
      const item = await get(at)
      return item && recallAnswer(item, fingerprint, now)
    },
    remember: (answer, past) => {
      const version = (past?.version ?? 0) + 1
      const item = rememberAnswer(at, { fingerprint, answer, version }, now)
      return past ? { replace: item, was: past.version } : { create: item }
    },
  }
}

const answerOf = (change: Change): GivenAnswer => {
  const operation = change.begins?.operation
  if (operation)
    return {
      status: 202,
      headers: {
        location: `/v1/operations/${operation.id}`,
        'retry-after': '1',
        etag: etagOf(operation.version),
      },
      body: operation,
    }
  return {
    status: change.status ?? 200,
    headers: {
      ...(change.version !== undefined && { etag: etagOf(change.version) }),
      ...(change.location !== undefined && { location: change.location }),
    },
    body: change.body ?? null,
  }
}

const writesOf = ({ writes, begins }: Change): readonly Write[] =>
  begins ? [...writes, { create: unstartedItem(begins.operation, begins.start) }] : writes

const rehearse = async (change: Change): Promise<GivenAnswer> => {
  await wouldCommit(writesOf(change))
  return answerOf(change)
}

const perform = async (
  change: Change,
  remember: ((answer: GivenAnswer) => Write) | undefined,
): Promise<GivenAnswer> => {
  const answer = answerOf(change)
  const writes = [...writesOf(change), ...(remember ? [remember(answer)] : [])]
  if (writes.length > 0) await commit(writes)
  if (change.begins) await begin(change.begins.operation, change.begins.start)
  return change.once ? { ...answer, body: { ...(answer.body as object), ...change.once } } : answer
}

const waitOf = ({ query }: Input): number =>
  query.validateOnly === 'true' ? 0 : ((query.wait as number | undefined) ?? 0)

const waitIfAsked = async (given: GivenAnswer, { input, key }: Asked): Promise<GivenAnswer> => {
  const wait = waitOf(input)
  if (wait === 0 || given.status !== 202) return given
  const operation = await awaitOperation(key.tenantId, (given.body as Operation).id, wait)
  const over = operation.finishedAt !== null
  return {
    status: over ? 200 : 202,
    headers: { ...given.headers, etag: etagOf(operation.version) },
    body: operation,
  }
}
