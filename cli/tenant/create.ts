/** `novacron tenant create`: a tenant and its first admin key, whose secret is shown once. */
import { makeSecret, saveFlag, type SaveFlags } from '../secret.ts'
import { verb } from '../verb.ts'

export const command = verb<SaveFlags, [string]>({
  about: 'Make a tenant and its first admin key. The secret of the key is shown once.',
  examples: [
    ['acme', 'Show the key'],
    ['acme --save acme.key', 'Into a file, for --key-file acme.key'],
  ],
  flags: { save: saveFlag },
  positional: {
    kind: 'tuple',
    parameters: [{ brief: 'Its name', placeholder: 'name', parse: String }],
  },
  async run(cli, flags, name) {
    const api = await cli.connect(flags)
    await makeSecret(cli, flags, {
      make: () => api.call('create-tenant', { body: { name } }),
      secretOf: (tenant) => tenant.adminKey.secret,
      lost: () => ({
        text: 'Make another tenant',
        command: `npx novacron tenant create ${name}-2`,
      }),
      entries: (tenant) => [
        ['id', tenant.id],
        ['name', tenant.name],
        ['admin key', tenant.adminKey.id],
        ['expires', tenant.adminKey.expiresAt],
      ],
    })
  },
})
