/** GET /v1/principal — whose key this is. */
import { ApiKey } from '../../core/contract/resources.ts'
import { answer } from '../aws/answer.ts'

export const handler = answer('get-principal', async ({ key }) => {
  const { secretHash, ...visible } = key
  return { body: ApiKey.parse(visible), version: key.version }
})
