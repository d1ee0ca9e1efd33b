/** `novacron key create`: an API key of your tenant; its secret is shown once. */
import { roles, scopes, type Role, type Scope } from '../../core/access.ts'
import { parseSpan } from '../durations.ts'
import { makeSecret, saveFlag, type SaveFlags } from '../secret.ts'
import { verb } from '../verb.ts'
import { keyFields } from './row.ts'

interface Flags extends SaveFlags {
  role: Role
  scope?: readonly Scope[]
  expiresIn?: number
}

export const command = verb<Flags, [string?]>({
  about: 'Make an API key of your tenant. Its secret is shown once; only its hash is kept.',
  examples: [
    ['ci --role operator', 'A key that makes and deletes VMs'],
    ['watcher --role viewer --expires-in 7d', 'A key that only looks, for a week'],
    ['ci --role operator --save ci.key', 'Into a file, for --key-file ci.key'],
  ],
  flags: {
    role: { kind: 'enum', values: roles, brief: 'What it may do' },
    scope: {
      kind: 'enum',
      values: scopes,
      variadic: ',',
      optional: true,
      brief: 'Narrows the role to these',
    },
    expiresIn: {
      kind: 'parsed',
      parse: parseSpan,
      optional: true,
      brief: 'How long it is valid, like 7d (default: 90 days)',
    },
    save: saveFlag,
  },
  positional: {
    kind: 'tuple',
    parameters: [
      { brief: 'A name (default: the role)', placeholder: 'name', parse: String, optional: true },
    ],
  },
  async run(cli, flags, name) {
    const { role, scope, expiresIn } = flags
    const api = await cli.connect(flags)
    const body = {
      name: name ?? role,
      role,
      ...(scope && { scopes: [...scope] }),
      ...(expiresIn !== undefined && { expiresInSeconds: Math.round(expiresIn / 1000) }),
    }
    await makeSecret(cli, flags, {
      make: () => api.call('create-key', { body }),
      secretOf: (key) => key.secret,
      lost: (key) => ({
        text: 'Revoke it and make another one',
        command: `npx novacron key revoke ${key.id}`,
      }),
      entries: (key) => keyFields(key, cli.clock.now()),
    })
  },
})
