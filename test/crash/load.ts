/**
 * Users who do not give up: each makes VMs, labels and deletes them, and sends a request whose answer it did not get
 * again, under the same Idempotency-Key, until it has one. What was answered is kept; the rest of the test holds the
 * system to it.
 */
import { randomUUID } from 'node:crypto'
import { systemClock } from '../../core/clock.ts'
import type { Operation, Vm } from '../../core/contract/resources.ts'
import type { System } from './system.ts'

export interface Acknowledged {
  /** VM by the name it was asked for under. */
  created: Map<string, { vmId: string; operationId: string }>
  /** The last label whose change was acknowledged. */
  labelled: Map<string, string>
  deleted: Map<string, { operationId: string }>
  requests: number
  answers: number
  resent: number
  /** Answers nobody may ever get. */
  bugs: string[]
}

export const nothingYet = (): Acknowledged => ({
  created: new Map(),
  labelled: new Map(),
  deleted: new Map(),
  requests: 0,
  answers: 0,
  resent: 0,
  bugs: [],
})

interface Answer {
  status: number
  body: unknown
}

export class User {
  readonly #system: System
  readonly #acknowledged: Acknowledged
  readonly #signal: AbortSignal
  readonly #name: string
  #count = 0

  constructor(system: System, acknowledged: Acknowledged, name: string, signal: AbortSignal) {
    this.#system = system
    this.#acknowledged = acknowledged
    this.#name = name
    this.#signal = signal
  }

  async work() {
    while (!this.#signal.aborted) await this.#liveOneVm()
  }

  async #liveOneVm() {
    const name = `${this.#name}-${this.#count++}`
    const spec = { name, vcpus: 1, memoryMiB: 32 }
    const created = await this.#ask('POST', '/v1/vms', spec)
    if (created?.status !== 202) return
    const { id: operationId, target } = created.body as Operation
    const vmId = target.split('/').at(-1)!
    this.#acknowledged.created.set(name, { vmId, operationId })
    await this.#ask('GET', `/v1/operations/${operationId}?wait=5`)
    for (const label of ['a', 'b']) {
      const labelled = await this.#ask('PATCH', target, { labels: { label } })
      if (labelled?.status === 200) this.#acknowledged.labelled.set(vmId, label)
    }
    if (this.#count % 3 === 0) return
    const deleted = await this.#ask('DELETE', target)
    if (deleted?.status === 202)
      this.#acknowledged.deleted.set(vmId, { operationId: (deleted.body as Operation).id })
  }

  /** Until there is an answer, or the test is over. */
  async #ask(method: string, path: string, body?: object): Promise<Answer | undefined> {
    const headers = {
      authorization: `Bearer ${this.#system.credential()}`,
      'idempotency-key': randomUUID(),
      ...(body && { 'content-type': 'application/json' }),
    }
    this.#acknowledged.requests++
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      try {
        const response = await fetch(this.#system.url + path, {
          method,
          headers,
          signal: AbortSignal.timeout(10_000),
          ...(body && { body: JSON.stringify(body) }),
        })
        const answer = { status: response.status, body: await response.json() }
        if (response.status === 503 || response.status === 429) throw new Error('busy')
        if (response.status >= 500)
          this.#acknowledged.bugs.push(`${method} ${path}: ${JSON.stringify(answer.body)}`)
        this.#acknowledged.answers++
        return answer
      } catch {
        this.#acknowledged.resent++
        await systemClock.sleep(Math.min(20 * attempt, 200))
      }
    }
    return undefined
  }
}

export const readAll = async <T>(system: System, path: string): Promise<T[]> => {
  const all: T[] = []
  for (let token: string | null = ''; token !== null;) {
    const page: string = token && `&pageToken=${token}`
    const response = await fetch(`${system.url}${path}?pageSize=500${page}`, {
      headers: { authorization: `Bearer ${system.credential()}` },
    })
    const body = (await response.json()) as { items: T[]; nextPageToken: string | null }
    all.push(...body.items)
    token = body.nextPageToken
  }
  return all
}

/** Waits until nothing is under way any more; false if something still is after a long time. */
export const settled = async (system: System): Promise<boolean> => {
  for (let attempt = 0; attempt < 300; attempt++) {
    const operations = await readAll<Operation>(system, '/v1/operations')
    const vms = await readAll<Vm>(system, '/v1/vms')
    const moving = vms.some(({ state }) => state === 'creating' || state === 'deleting')
    if (!moving && operations.every(({ finishedAt }) => finishedAt !== null)) return true
    await systemClock.sleep(500)
  }
  return false
}
