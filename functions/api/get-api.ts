/** GET /v1 — what this API is. */
import { answer } from '../aws/answer.ts'
import { readConfig } from '../aws/config.ts'

export const handler = answer('get-api', async () => ({
  body: {
    name: 'NovaCron',
    version: readConfig().version,
    features: ['operations', 'events', 'filters', 'idempotency', 'validate-only'],
  },
}))
