/** Whatever else is sent over the socket. */
import { Failure } from '../../core/contract/failures.ts'
import { socketHandler } from '../aws/socket.ts'

export const handler = socketHandler(async () => {
  throw new Failure('INPUT_INVALID', 'This socket takes {"action":"watch","after":<number>}.', {}, [
    { in: 'body', pointer: '/action', detail: 'must be "watch"' },
  ])
})
