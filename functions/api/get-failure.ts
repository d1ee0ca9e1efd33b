/** GET /v1/failures/{code} — where the `type` of every problem leads. */
import { kindOf } from '../../core/contract/failures.ts'
import { answer } from '../aws/answer.ts'

export const handler = answer('get-failure', async ({ params: { code } }) => ({
  body: { code, ...kindOf(code) },
}))
