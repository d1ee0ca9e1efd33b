/** What can be said behind `npm start --`. */
import { parseArgs } from 'node:util'

export interface Arguments {
  home: string
  port: number
  hosts: number
  once: boolean
  json: boolean
  help: boolean
}

export const usage = `Usage: npm start -- [options]

Starts the control plane on this machine, with simulated hosts, and keeps it running until Ctrl-C.

  --home DIRECTORY  where everything is kept (default: NOVACRON_HOME, else .novacron)
  --port PORT       of the API on 127.0.0.1 (default 7600, with --once any free port: 0)
  --simulated       hosts without hardware (the default, and all there is so far)
  --hosts COUNT     how many of them (default 3)
  --once            create a VM, wait for it, delete it, and stop
  --json            one line of JSON on stdout instead of text
  --help            this text
`

export class UsageError extends Error {
  override name = 'UsageError'
}

const options = {
  home: { type: 'string' },
  port: { type: 'string' },
  simulated: { type: 'boolean' },
  hosts: { type: 'string', default: '3' },
  once: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

export function readArguments(args: readonly string[], home: string | undefined): Arguments {
  const { values } = parse(args)
  const given = values.home ?? (home === '' ? undefined : home)
  if (given === '') throw new UsageError('--home needs a directory')
  return {
    home: given ?? '.novacron',
    // Nobody comes back to the address of a system that lives for one VM, so it disturbs no other.
    port: whole('--port', values.port ?? (values.once ? '0' : '7600'), 65_535),
    hosts: whole('--hosts', values.hosts, 1_000),
    once: values.once,
    json: values.json,
    help: values.help,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function whole(name: string, text: string, atMost: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= atMost) return value
  throw new UsageError(`${name} takes a whole number from 0 to ${atMost}, not ${text}`)
}
