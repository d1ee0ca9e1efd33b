/** `novacron key list`: the API keys of your tenant, without their secrets. */
import { listVerb } from '../list-verb.ts'
import { keyColumns } from './row.ts'

export const command = listVerb({
  route: 'list-keys',
  what: 'keys',
  columns: keyColumns,
  about: 'List the API keys of your tenant, without their secrets.',
  examples: [
    ['', 'All of them'],
    ["--filter 'role = admin'", 'Only some'],
  ],
  none: 'Make one: npx novacron key create ci --role operator',
})
