/** GET /v1 — what this API is. */
import { answerAnyone } from '../aws/answer.ts'
import { readConfig } from '../aws/config.ts'

export const handler = answerAnyone('get-api', async () => ({
  body: {
    name: 'NovaCron',
    version: readConfig().version,
    features: ['operations', 'events', 'filters', 'idempotency', 'validate-only'],
  },
}))
