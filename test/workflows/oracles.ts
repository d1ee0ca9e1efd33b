/**
 * What must hold whenever nothing moves any more, whatever went wrong before. Each oracle answers what it found wrong;
 * they look at the table, the journal of the workflows and what the hosts truly hold.
 */
import type { Operation, Vm } from '../../core/contract/resources.ts'
import { isOver } from '../../core/operation.ts'
import { effectOf } from '../../node-agent/commands/commands.ts'
import type { Scene } from './scene.ts'
import * as stored from './stored.ts'

type Items = readonly stored.Stored[]
const unsettled = ['open', 'taken']

/** How a VM may be when an operation of that kind succeeded; undefined is gone. */
const afterSuccess: Record<string, (Vm['state'] | undefined)[]> = {
  'vm.create': ['running'],
  'vm.delete': [undefined],
}

const operationEnded = (operation: Operation): string[] => {
  if (!isOver(operation)) return [`the operation hangs: ${operation.state}`]
  if (operation.state === 'succeeded') return []
  const { error } = operation
  if (!error || error.fix.length === 0) return ['the operation failed without saying what helps']
  const told = JSON.stringify([error.title, error.detail, error.fix])
  return /[{]\w+[}]/.test(told) ? [`the failure has gaps: ${told}`] : []
}

const executionEnded = (scene: Scene, operation: Operation): string[] => {
  const one = (sql: string) => Number(Object.values(scene.stage.db.prepare(sql).get()!)[0])
  const found: string[] = []
  if (one(`SELECT count(*) FROM sfn_execution WHERE status = 'RUNNING'`) > 0)
    found.push('an execution runs on')
  if (one('SELECT count(*) FROM sfn_frame') > 0) found.push('a step waits for ever')
  const ran = scene.stage.db
    .prepare('SELECT status FROM sfn_execution WHERE name = ?')
    .all(operation.id)
  if (ran.length !== 1) found.push(`${ran.length} executions of the operation`)
  if (ran[0]?.status === 'SUCCEEDED' && operation.state !== 'succeeded')
    found.push('the execution succeeded and the operation did not')
  return found
}

const vmAgrees = (items: Items, operation: Operation): string[] => {
  const vm = stored.vmsIn(items).find(({ id }) => operation.target.endsWith(id))
  const allowed: (string | undefined)[] =
    operation.state === 'failed'
      ? ['failed']
      : (afterSuccess[operation.kind] ?? ['running', 'stopped', undefined])
  if (allowed.includes(vm?.state)) return []
  return [`the operation ${operation.state} and the VM is ${vm?.state ?? 'gone'}`]
}

/** Whoever may run a VM, now or by a command in its hands, is who R binds it to. */
const ownersAreBound = (scene: Scene, items: Items): string[] => {
  const owners = new Map(stored.ownershipsIn(items).map((owner) => [owner.vmId, owner]))
  const held = scene.hosts.flatMap(({ being, holds }) =>
    [...holds].map(([vmId, generation]) => ({ being, vmId, generation })),
  )
  const begun = scene.hosts.flatMap((host) =>
    host.mayBegin().map(({ vmId, generation }) => ({ being: host.being, vmId, generation })),
  )
  const open = stored
    .commandsIn(items)
    .filter(({ command, state }) => effectOf(command) === 'begins' && state === 'open')
  return [
    ...[...held, ...begun].flatMap(({ being, vmId, generation }) => {
      const owner = owners.get(vmId)
      const bound =
        owner?.phase === 'OWNED' && owner.hostId === being.id && owner.generation === generation
      return bound ? [] : [`${being.name} may run the VM and R does not bind it`]
    }),
    ...open.flatMap(({ command: { vmId, generation } }) => {
      const owner = owners.get(vmId)
      const bound = owner?.phase === 'OWNED' && owner.generation === generation
      return bound ? [] : ['a host may still take a command for which R is not bound']
    }),
  ]
}

/**
 * R binds nobody who cannot run the VM. Two ends may leave it bound, which is the safe side: a machine that was cut off
 * before its own end, and a host whose word came when nobody waited for it any more.
 */
const onlyOwnersAreBound = (scene: Scene, items: Items, operation: Operation): string[] => {
  if (wasCutOff(scene, operation) || operation.error?.code === 'HOST_SILENT') return []
  return stored.ownershipsIn(items).flatMap(({ vmId, hostId, phase }) => {
    if (phase !== 'OWNED') return []
    const host = scene.hosts.find(({ being }) => being.id === hostId)
    const asked = stored
      .commandsIn(items)
      .some(({ command, state }) => command.vmId === vmId && unsettled.includes(state))
    return host?.holds.has(vmId) || asked
      ? []
      : [`R binds ${host?.being.name}, which holds nothing`]
  })
}

/** It ended neither by success nor in a Fail state of its own. */
const wasCutOff = (scene: Scene, operation: Operation): boolean => {
  const ended = scene.stage.db
    .prepare(
      `SELECT x.status, (SELECT count(*) FROM sfn_event e WHERE e.execution = x.id AND e.type = 'FailStateEntered') AS failed
         FROM sfn_execution x WHERE x.name = ?`,
    )
    .get(operation.id)
  return ended?.status !== 'SUCCEEDED' && Number(ended?.failed) === 0
}

const loadsAgree = (items: Items): string[] =>
  stored.loadsIn(items).flatMap(({ sk, vcpus, memoryMiB }) => {
    const reserved = stored
      .ownershipsIn(items)
      .filter(({ hostId, phase }) => hostId === sk && phase === 'OWNED')
      .map(({ reserved: r }) => r ?? { vcpus: 0, memoryMiB: 0 })
    const sum = (of: 'vcpus' | 'memoryMiB') => reserved.reduce((total, r) => total + r[of], 0)
    if (sum('vcpus') === vcpus && sum('memoryMiB') === memoryMiB) return []
    return [
      `a host counts ${vcpus} vcpus, ${memoryMiB} MiB; reserved are ${sum('vcpus')}, ${sum('memoryMiB')}`,
    ]
  })

const namesAgree = (items: Items): string[] => {
  const names = stored.namesIn(items).map(({ sk, vmId }) => `${sk} ${vmId}`)
  const vms = stored.vmsIn(items).map(({ name, id }) => `${name} ${id}`)
  return names.toSorted().join() === vms.toSorted().join()
    ? []
    : [`names are ${names.join()} and VMs are ${vms.join()}`]
}

const mailboxesAgree = (items: Items): string[] => {
  const mail = stored.mailIn(items).map(({ sk }) => sk)
  const open = stored.commandsIn(items).filter(({ state }) => unsettled.includes(state))
  const wanted = open.map(({ command }) => command.id)
  return mail.toSorted().join() === wanted.toSorted().join()
    ? []
    : [`mailboxes hold ${mail.length} commands, ${wanted.length} are not settled`]
}

const createdOnce = (items: Items): string[] => {
  const taken = stored
    .commandsIn(items)
    .filter(
      ({ command, state }) =>
        effectOf(command) === 'begins' && !['open', 'withdrawn'].includes(state),
    )
    .map(({ command: { vmId, generation } }) => `${vmId} ${generation}`)
  return new Set(taken).size === taken.length ? [] : ['a VM was begun twice under one generation']
}

const begunAll = (items: Items): string[] =>
  stored.unstartedIn(items).length === 0 ? [] : ['an operation is still marked as not begun']

export function violationsOf(scene: Scene, operationId: string): string[] {
  const items = scene.stage.stored()
  const operation = scene.operation(operationId)
  return [
    ...scene.stage.violations,
    ...operationEnded(operation),
    ...executionEnded(scene, operation),
    ...vmAgrees(items, operation),
    ...ownersAreBound(scene, items),
    ...onlyOwnersAreBound(scene, items, operation),
    ...loadsAgree(items),
    ...namesAgree(items),
    ...mailboxesAgree(items),
    ...createdOnce(items),
    ...begunAll(items),
  ]
}
