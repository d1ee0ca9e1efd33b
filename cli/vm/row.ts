/** How a VM looks: as a line of a table, and alone. */
import type { Vm } from '../../core/contract/resources.ts'
import type { Cli } from '../cli.ts'
import { ageText } from '../durations.ts'
import { stateColour, type Column } from '../table.ts'
import { memoryText } from './memory.ts'

const labelsText = (labels: Vm['labels']) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',') || '–'

export const vmColumns = ({ clock }: Cli): readonly Column<Vm>[] => [
  { title: 'NAME', text: (vm) => vm.name },
  { title: 'STATE', text: (vm) => vm.state, colour: (vm) => stateColour(vm.state) },
  { title: 'VCPUS', text: (vm) => String(vm.vcpus) },
  { title: 'MEMORY', text: (vm) => memoryText(vm.memoryMiB) },
  { title: 'HOST', text: (vm) => vm.hostId ?? '–' },
  { title: 'LABELS', text: (vm) => labelsText(vm.labels) },
  { title: 'AGE', text: (vm) => ageText(vm.createdAt, clock.now()) },
  { title: 'ID', text: (vm) => vm.id },
]

export const vmFields = (vm: Vm) =>
  [
    ['name', vm.name],
    ['id', vm.id],
    ['state', vm.state],
    ['vcpus', String(vm.vcpus)],
    ['memory', memoryText(vm.memoryMiB)],
    ['labels', labelsText(vm.labels)],
    ['host', vm.hostId ?? '–'],
    ['generation', String(vm.generation)],
    ['failure', vm.failure ? `${vm.failure.title} [${vm.failure.code}]` : '–'],
    ['created', vm.createdAt],
    ['updated', vm.updatedAt],
    ['etag', `v${vm.version}`],
  ] as const
