/** `novacron tenant list`: who shares this platform. */
import { ageText } from '../durations.ts'
import { listVerb } from '../list-verb.ts'

export const command = listVerb({
  route: 'list-tenants',
  what: 'tenants',
  columns: ({ clock }) => [
    { title: 'ID', text: (tenant) => tenant.id },
    { title: 'NAME', text: (tenant) => tenant.name },
    { title: 'AGE', text: (tenant) => ageText(tenant.createdAt, clock.now()) },
  ],
  about: 'List the tenants of this platform.',
  examples: [['', 'All of them']],
  none: 'Make one: npx novacron tenant create acme',
})
