/** How an API key looks: as a line of a table, and alone. Never its secret. */
import type { ApiKey } from '../../core/contract/resources.ts'
import type { Cli } from '../cli.ts'
import { ageText, spanText } from '../durations.ts'
import { stateColour, type Column } from '../table.ts'

const stateOf = ({ revokedAt, expiresAt }: ApiKey, now: number) => {
  if (revokedAt !== null) return 'revoked'
  return Date.parse(expiresAt) <= now ? 'expired' : 'valid'
}
const scopesText = ({ scopes }: ApiKey) => scopes.join(',') || 'all'
const expiresText = ({ expiresAt }: ApiKey, now: number) => {
  const left = Date.parse(expiresAt) - now
  return left > 0 ? `in ${spanText(left)}` : `${spanText(-left)} ago`
}

export const keyColumns = ({ clock }: Cli): readonly Column<ApiKey>[] => [
  { title: 'ID', text: (key) => key.id },
  { title: 'NAME', text: (key) => key.name },
  { title: 'ROLE', text: (key) => key.role },
  { title: 'SCOPES', text: scopesText },
  {
    title: 'STATE',
    text: (key) => stateOf(key, clock.now()),
    colour: (key) => stateColour(stateOf(key, clock.now())),
  },
  { title: 'EXPIRES', text: (key) => expiresText(key, clock.now()) },
  { title: 'AGE', text: (key) => ageText(key.createdAt, clock.now()) },
]

export const keyFields = (key: ApiKey, now: number) =>
  [
    ['id', key.id],
    ['name', key.name],
    ['tenant', key.tenantId],
    ['role', key.role],
    ['scopes', scopesText(key)],
    ['state', stateOf(key, now)],
    ['expires', `${key.expiresAt} (${expiresText(key, now)})`],
  ] as const
