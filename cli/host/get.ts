/** `novacron host get`: one host. */
import { showOne } from '../show.ts'
import { verb } from '../verb.ts'
import { hostFields } from './row.ts'

export const command = verb<{}, [string]>({
  about: 'Show a host.',
  examples: [['host-3f2a…', 'By its id']],
  positional: {
    kind: 'tuple',
    parameters: [{ brief: 'Its id', placeholder: 'host', parse: String }],
  },
  async run(cli, flags, hostId) {
    const api = await cli.connect(flags)
    const host = await api.call('get-host', { params: { hostId } })
    showOne(cli, flags.output, host, (one) => hostFields(one, cli.clock.now()))
  },
})
