/** The only reader of the agent's environment and arguments. Everything that is wrong is said at once. */
import { hostname } from 'node:os'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { Name } from '../core/contract/resources.ts'
import { AgentFailure, say } from './failures.ts'

export const usage = `usage: node node-agent/main.ts [--simulated] [setting …]

  --simulated            run VMs as records, without hardware
  --url URL              control plane          NOVACRON_URL
  --doorbell-url URL     its WebSocket          NOVACRON_DOORBELL_URL  (default: /v1/socket of the control plane)
  --directory PATH       key, journal, VMs      NOVACRON_AGENT_DIRECTORY  (default: .novacron-agent)
  --name NAME            of this host           NOVACRON_HOST_NAME  (default: the machine's name)
  --site NAME            hosts sharing a LAN    NOVACRON_SITE  (default: home)
  --join-token-file PATH the first time         NOVACRON_JOIN_TOKEN, NOVACRON_JOIN_TOKEN_FILE
  --vcpus N, --memory-mib N                     what a simulated host carries (default: 64 and 262144)
  --create-ms N                                 how long a simulated VM takes to start (default: 20)
`

const options = {
  simulated: { type: 'boolean' },
  url: { type: 'string' },
  'doorbell-url': { type: 'string' },
  directory: { type: 'string' },
  name: { type: 'string' },
  site: { type: 'string' },
  'join-token-file': { type: 'string' },
  vcpus: { type: 'string' },
  'memory-mib': { type: 'string' },
  'create-ms': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/
const address = (secure: string, plain: string) =>
  z.url().refine(
    (text) => {
      const given = URL.parse(text)
      if (given?.protocol === secure) return true
      return given?.protocol === plain && loopback.test(given.hostname)
    },
    { error: `must begin with ${secure}//, or with ${plain}// on this machine only` },
  )
const count = (most: number) => z.coerce.number().int().min(1).max(most)

const Config = z.object({
  simulated: z.boolean().default(false),
  url: address('https:', 'http:'),
  doorbellUrl: address('wss:', 'ws:').optional(),
  directory: z.string().min(1).default('.novacron-agent'),
  name: Name,
  site: Name.default('home'),
  joinToken: z.string().min(1).max(200).optional(),
  vcpus: count(4096).default(64),
  memoryMiB: count(67_108_864).default(262_144),
  createMs: count(3_600_000).default(20),
})
export type Config = z.infer<typeof Config>

type Environment = Readonly<Record<string, string | undefined>>

const invalid = (errors: string[], cause?: unknown) =>
  new AgentFailure('CONFIG_INVALID', errors.join('\n'), cause)

const parse = (argv: readonly string[]) => {
  try {
    return parseArgs({ args: [...argv], options, strict: true }).values
  } catch (error) {
    throw invalid([(error as Error).message], error)
  }
}

const readToken = (path: string | undefined, env: Environment) => {
  if (path === undefined) return env.NOVACRON_JOIN_TOKEN?.trim() || undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw invalid([`join-token-file: ${say(error)}`], error)
  }
}

const ownName = () =>
  hostname()
    .toLowerCase()
    .split('.')[0]!
    .replace(/[^a-z0-9-]/g, '-')

/** The configuration, or undefined when help was asked for. */
export const readConfig = (env: Environment, argv: readonly string[]): Config | undefined => {
  const given = parse(argv)
  if (given.help) return undefined
  const { data, error } = Config.safeParse({
    simulated: given.simulated,
    url: given.url ?? env.NOVACRON_URL,
    doorbellUrl: given['doorbell-url'] ?? env.NOVACRON_DOORBELL_URL,
    directory: given.directory ?? env.NOVACRON_AGENT_DIRECTORY,
    name: given.name ?? env.NOVACRON_HOST_NAME ?? ownName(),
    site: given.site ?? env.NOVACRON_SITE,
    joinToken: readToken(given['join-token-file'] ?? env.NOVACRON_JOIN_TOKEN_FILE, env),
    vcpus: given.vcpus,
    memoryMiB: given['memory-mib'],
    createMs: given['create-ms'],
  })
  if (data) return data
  throw invalid(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`))
}

export const ownConfig = () => readConfig(process.env, process.argv.slice(2))
