/** `novacron host list`: the hosts and what each has left. */
import { listVerb } from '../list-verb.ts'
import { hostColumns } from './row.ts'

export const command = listVerb({
  route: 'list-hosts',
  what: 'hosts',
  columns: hostColumns,
  about: 'List hosts: their state, and what is reserved of what they have.',
  examples: [
    ['', 'All of them'],
    ["--filter 'state = ready AND site = berlin'", 'Only some'],
  ],
  none: 'Let one join: npx novacron host token create',
})
