/** `novacron key revoke`: refused from the next request on. */
import { ifMatchFlag } from '../if-match.ts'
import { showOne } from '../show.ts'
import { verb } from '../verb.ts'
import { keyFields } from './row.ts'

export const command = verb<{ ifMatch?: string }, [string]>({
  about: 'Revoke an API key: it is refused from the next request on, for good.',
  examples: [['key-01jd…', 'By its id, which key list shows']],
  flags: { ifMatch: ifMatchFlag },
  positional: {
    kind: 'tuple',
    parameters: [{ brief: 'Its id', placeholder: 'key', parse: String }],
  },
  async run(cli, { ifMatch, ...flags }, keyId) {
    const api = await cli.connect(flags)
    const sending = ifMatch === undefined ? {} : { ifMatch }
    const key = await api.call('revoke-key', { params: { keyId } }, sending)
    showOne(cli, flags.output, key, (one) => keyFields(one, cli.clock.now()))
    cli.terminal.say(`✔ ${key.name} (${key.id}) is revoked`)
  },
})
