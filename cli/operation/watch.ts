/** `novacron operation watch`: an operation until it has ended; Ctrl-C leaves it alone. */
import { verb } from '../verb.ts'
import { settle, timeoutFlag } from './settle.ts'

export const command = verb<{ timeout?: number }, [string]>({
  about: 'Follow an operation until it has ended. Ctrl-C detaches; the operation continues.',
  examples: [
    ['op-01jd…', 'Follow it'],
    ['op-01jd… --timeout 30s', 'Exit code 8 if it is not over by then'],
  ],
  flags: { timeout: timeoutFlag },
  positional: {
    kind: 'tuple',
    parameters: [{ brief: 'Its id', placeholder: 'operation', parse: String }],
  },
  async run(cli, flags, operationId) {
    const api = await cli.connect(flags)
    const operation = await api.call('get-operation', { params: { operationId }, query: {} })
    const title = `${operation.kind} ${operation.target.split('/').at(-1)}`
    const ended = await settle(cli, api, operation, { ...flags, wait: true, title })
    if (ended && flags.output === 'name') cli.terminal.data(ended.id)
  },
})
