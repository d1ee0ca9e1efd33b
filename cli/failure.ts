/** `novacron failure`: what a failure code means and what helps. Works without the API: that may be what failed. */
import { fields } from './table.ts'
import { verb } from './verb.ts'

export const command = verb<{}, [string]>({
  about: 'Explain a failure code: what it means, and what helps.',
  examples: [
    ['STATE_FORBIDS', 'What does this mean?'],
    ['NO_HOST_FITS -o json', 'As GET /v1/failures/NO_HOST_FITS answers'],
  ],
  positional: {
    kind: 'tuple',
    parameters: [{ brief: 'As an error shows it: [CODE]', placeholder: 'code', parse: String }],
  },
  async run(cli, flags, given) {
    const { failureCodes, kindOf } = await import('../core/contract/failures.ts')
    const code = failureCodes.find((known) => known === given.toUpperCase())
    if (!code) {
      const { cliFailure } = await import('./cli-failure.ts')
      const near = { text: 'All of them', command: 'npx novacron failure --help' }
      throw cliFailure('FAILURE_UNKNOWN', `${given}; there are ${failureCodes.join(', ')}.`, near)
    }
    const { status, title, retryable, fix } = kindOf(code)
    if (flags.output === 'json')
      return cli.terminal.data(JSON.stringify({ code, status, title, retryable, fix }, null, 2))
    if (flags.output === 'name') return cli.terminal.data(code)
    const named = (text: string) => text.replace(/\{(\w+)\}/g, '<$1>')
    cli.terminal.data(
      fields([
        ['code', code],
        ['means', named(title)],
        ['status', String(status)],
        ['try again', retryable ? 'yes, it can help' : 'no, it would fail again'],
        ...fix.map(
          ({ text, command: helps }) =>
            ['what helps', named(helps ? `${text}: ${helps}` : text)] as const,
        ),
      ]),
    )
  },
})
