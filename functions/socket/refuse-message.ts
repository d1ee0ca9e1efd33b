/** Whatever else is sent over the socket. It costs a key what a watch message costs; an agent's connection has none. */
import { Failure } from '../../core/contract/failures.ts'
import { chargeMessage, connectionOf, socketHandler } from '../aws/socket.ts'

export const handler = socketHandler(async ({ requestContext: { connectionId } }) => {
  const { keyId } = await connectionOf(connectionId)
  if (keyId !== undefined) await chargeMessage(keyId)
  throw new Failure('INPUT_INVALID', 'This socket takes {"action":"watch","after":<number>}.', {}, [
    { in: 'body', pointer: '/action', detail: 'must be "watch"' },
  ])
})
