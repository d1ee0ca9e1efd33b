/** GET /v1/failures/{code} — where the `type` of every problem leads. */
import { kindOf } from '../../core/contract/failures.ts'
import { answerAnyone } from '../aws/answer.ts'

export const handler = answerAnyone('get-failure', async ({ params: { code } }) => ({
  body: { code, ...kindOf(code) },
}))
