/** `novacron host token create`: the secret with which one host can join, once. */
import { makeSecret, saveFlag, type SaveFlags } from '../../secret.ts'
import { verb } from '../../verb.ts'

export const command = verb<SaveFlags>({
  about: 'Make a token with which one host can join within an hour. It is shown once.',
  examples: [
    ['', 'Show it'],
    ['--save join.token', 'Write it to a file that only you can read'],
  ],
  flags: { save: saveFlag },
  async run(cli, flags) {
    const api = await cli.connect(flags)
    await makeSecret(cli, flags, {
      make: () => api.call('create-join-token', {}),
      secretOf: (token) => token.secret,
      lost: () => ({ text: 'Make another one', command: 'npx novacron host token create' }),
      entries: (token) => [
        ['id', token.id],
        ['expires', token.expiresAt],
      ],
    })
  },
})
