/** `novacron operation get`: an operation as it is now. */
import { showOne } from '../show.ts'
import { verb } from '../verb.ts'
import { operationFields } from './row.ts'

export const command = verb<{}, [string]>({
  about: 'Show an operation: where it stands, how it ended, and why.',
  examples: [['op-01jd…', 'Show it']],
  positional: {
    kind: 'tuple',
    parameters: [{ brief: 'Its id', placeholder: 'operation', parse: String }],
  },
  async run(cli, flags, operationId) {
    const api = await cli.connect(flags)
    const operation = await api.call('get-operation', { params: { operationId }, query: {} })
    showOne(cli, flags.output, operation, (op) => operationFields(op, cli.clock.now()))
  },
})
