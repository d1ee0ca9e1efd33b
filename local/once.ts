/** One VM through the public API, from its creation to its deletion: what `npm start -- --once` proves. */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { Operation, Vm } from '../core/contract/resources.ts'
import { isOver } from '../core/operation.ts'
import type { Ask } from './ask-api.ts'
import { LocalFailure } from './failures.ts'

export interface OnceVm {
  id: string
  name: string
  hostId: string
  /** As it was seen between creation and deletion. */
  state: string
  createMs: number
  deleteMs: number
}

export async function runOnce(ask: Ask, clock: Clock): Promise<OnceVm> {
  const name = `once-${randomBytes(4).toString('hex')}`
  const began = clock.now()
  const created = await finish(
    ask,
    await ask<Operation>('POST', '/v1/vms?wait=25', { name, vcpus: 1, memoryMiB: 64 }),
  )
  const createMs = clock.now() - began
  const vm = await ask<Vm>('GET', created.target)
  if (created.state !== 'succeeded' || vm.state !== 'running' || vm.hostId === null)
    throw not('running', vm, created)

  const deleting = clock.now()
  const deleted = await finish(ask, await ask<Operation>('DELETE', `${created.target}?wait=25`))
  const deleteMs = clock.now() - deleting
  if (deleted.state !== 'succeeded' || !(await isGone(ask, created.target)))
    throw not('deleted', vm, deleted)
  return { id: vm.id, name, hostId: vm.hostId, state: vm.state, createMs, deleteMs }
}

async function finish(ask: Ask, begun: Operation): Promise<Operation> {
  let operation = begun
  while (!isOver(operation))
    operation = await ask<Operation>('GET', `/v1/operations/${operation.id}?wait=25`)
  return operation
}

async function isGone(ask: Ask, target: string): Promise<boolean> {
  try {
    await ask('GET', target)
    return false
  } catch (error) {
    if (error instanceof LocalFailure && error.code === 'API_REFUSED')
      return error.params.status === 404
    throw error
  }
}

const not = (wanted: string, vm: Vm, { error }: Operation) =>
  new LocalFailure('VM_NOT_AS_WANTED', {
    vm: vm.id,
    state: vm.state,
    wanted,
    reason: error ? `${error.code}: ${error.detail}` : 'its operation tells no reason',
  })
