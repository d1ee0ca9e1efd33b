/** `novacron vm list`: the VMs of your tenant. */
import { listVerb } from '../list-verb.ts'
import { vmColumns } from './row.ts'

export const command = listVerb({
  route: 'list-vms',
  what: 'VMs',
  columns: vmColumns,
  about: 'List VMs, oldest first.',
  examples: [
    ['', 'All of them'],
    ["--filter 'state = running AND labels.env = prod'", 'Only some'],
    ['-o json', 'For a program'],
  ],
  none: 'Make one: npx novacron vm create demo',
})
