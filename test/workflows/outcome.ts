/** How a rehearsal ended, in words: what a person would look at afterwards, without ids and dates. */
import type { Operation } from '../../core/contract/resources.ts'
import type { Scene } from './scene.ts'
import { commandsIn, loadsIn, ownershipsIn, vmsIn } from './stored.ts'

const list = (lines: string[], none: string) => (lines.length === 0 ? none : lines.join('; '))

const operationLine = ({ state, error }: Operation) =>
  error ? `${state} ${error.code}: ${error.detail}` : state

export function tellOutcome(scene: Scene, operationId: string): string {
  const items = scene.stage.stored()
  const host = (id: string | null | undefined) => scene.nameOf(id)
  const vms = vmsIn(items).map(
    (vm) =>
      `${vm.state}${vm.hostId === null ? '' : ` on ${host(vm.hostId)}`}, generation ${vm.generation}`,
  )
  const owners = ownershipsIn(items).map(({ phase, hostId, generation, attestedBy }) => {
    const by = commandsIn(items).find(({ id }) => id === attestedBy?.commandId)
    const what = by ? `${by.command.kind} for ${host(by.hostId)}` : 'a command never posted'
    const attested = attestedBy === null ? '' : ` (${what}: ${attestedBy.outcome})`
    return `${phase} ${host(hostId)}, generation ${generation}${attested}`
  })
  const loads = loadsIn(items)
    .filter(({ vcpus, memoryMiB }) => vcpus !== 0 || memoryMiB !== 0)
    .map(({ sk, vcpus, memoryMiB }) => `${host(sk)} ${vcpus} vcpus, ${memoryMiB} MiB`)
  const commands = commandsIn(items)
    .filter(({ operationId: of }) => of === operationId)
    .map(({ command, hostId, state }) => `${command.kind} for ${host(hostId)} ${state}`)
  const held = scene.hosts.flatMap(({ being, holds }) => (holds.size > 0 ? [being.name] : []))
  const lines = {
    operation: operationLine(scene.operation(operationId)),
    vm: list(vms, 'gone'),
    R: list(owners, 'none'),
    load: list(loads, 'none'),
    commands: list(commands, 'none'),
    'truly on': list(held, 'no host'),
  }
  return Object.entries(lines)
    .map(([name, line]) => `  ${name.padEnd(10)} ${line}`)
    .join('\n')
}

/** Ids and names of hosts differ from run to run, or mean nothing to a reader. */
export const withoutIds = (text: string, scene: Scene) =>
  text
    .replace(/host-[0-9a-f]{26}/g, (id) => scene.nameOf(id))
    .replace(/\b(vm|op)-[0-9a-z]{26}/g, '‹$1›')
