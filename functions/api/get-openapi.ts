/** GET /v1/openapi.json — the API description, generated from the route table once per process. */
import { openApi } from '../../core/contract/openapi.ts'
import { answerAnyone } from '../aws/answer.ts'
import { readConfig } from '../aws/config.ts'

let description: object | undefined

export const handler = answerAnyone('get-openapi', async () => ({
  body: (description ??= openApi(readConfig().version)),
}))
