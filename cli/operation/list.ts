/** `novacron operation list`: what was begun, and how it ended. */
import { listVerb } from '../list-verb.ts'
import { operationColumns } from './row.ts'

export const command = listVerb({
  route: 'list-operations',
  what: 'operations',
  columns: operationColumns,
  about: 'List operations, oldest first.',
  examples: [
    ['', 'All of them'],
    ["--filter 'state = failed'", 'What failed'],
    ["--filter 'kind = vm.create' -o json", 'For a program'],
  ],
  none: 'Begin one: npx novacron vm create demo',
})
