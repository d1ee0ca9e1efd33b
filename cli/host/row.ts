/** How a host looks: as a line of a table, and alone. */
import type * as z from 'zod'
import type { HostView } from '../../core/contract/resources.ts'
import type { Cli } from '../cli.ts'
import { ageText } from '../durations.ts'
import { stateColour, type Column } from '../table.ts'
import { memoryText } from '../vm/memory.ts'

type Host = z.output<typeof HostView>

const vcpusText = ({ allocated, inventory }: Host) => `${allocated.vcpus}/${inventory.vcpus}`
const memoryUse = ({ allocated, inventory }: Host) =>
  `${memoryText(allocated.memoryMiB)}/${memoryText(inventory.memoryMiB)}`
const seenText = ({ lastSeenAt }: Host, now: number) =>
  lastSeenAt === null ? 'never' : `${ageText(lastSeenAt, now)} ago`

export const hostColumns = ({ clock }: Cli): readonly Column<Host>[] => [
  { title: 'NAME', text: (host) => host.name },
  { title: 'STATE', text: (host) => host.state, colour: (host) => stateColour(host.state) },
  { title: 'SITE', text: (host) => host.site },
  { title: 'VCPUS', text: vcpusText },
  { title: 'MEMORY', text: memoryUse },
  { title: 'HYPERVISOR', text: (host) => host.inventory.hypervisor },
  { title: 'SEEN', text: (host) => seenText(host, clock.now()) },
  { title: 'ID', text: (host) => host.id },
]

export const hostFields = (host: Host, now: number) =>
  [
    ['name', host.name],
    ['id', host.id],
    ['state', host.state],
    ['site', host.site],
    ['vcpus', `${vcpusText(host)} reserved`],
    ['memory', `${memoryUse(host)} reserved`],
    ['hypervisor', `${host.inventory.hypervisor} ${host.inventory.hypervisorVersion}`],
    ['agent', host.inventory.agentVersion],
    ['seen', seenText(host, now)],
    ['created', host.createdAt],
    ['etag', `v${host.version}`],
  ] as const
