/** What the CLI says about itself as a whole; each verb describes itself in its file. */
import { exitCodes, meanings } from './exit-codes.ts'
import { leaves, type Group } from './verbs.ts'

export const prefix = 'npx novacron'

const rows = (entries: readonly (readonly [string, string])[]) => {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join('\n')
}

const examples = rows([
  [`${prefix} vm create demo`, 'a VM, and the wait until it runs'],
  [`${prefix} vm list -o json`, 'for a program'],
  [`${prefix} event tail`, 'what happens, as it happens'],
  [`${prefix} doctor`, 'what is wrong, and what helps'],
])

export const exitCodesText = () =>
  rows(
    Object.entries(meanings).map(([name, meaning]) => [
      String(exitCodes[name as keyof typeof exitCodes]).padStart(3),
      meaning,
    ]),
  )

/** Without any word: the way from nothing to a VM. */
export const nextSteps = () => `NovaCron: VMs on your own hosts.

Next steps
${rows([
  ['npm start', 'start the control plane on this machine (leave it running)'],
  [`${prefix} doctor`, 'check that everything is in place'],
  [`${prefix} vm create demo`, 'create a VM'],
  [`${prefix} event tail`, 'watch what happens'],
  [`${prefix} --help`, 'see every command'],
])}
`

const commandsOf = (group: Group, path: readonly string[]) =>
  rows(leaves(group, path).map(([name, { brief }]) => [name, brief]))

export const groupHelp = (group: Group, path: readonly string[]) => `${group.brief}.

COMMANDS
${commandsOf(group, path)}

${prefix} ${[...path, 'COMMAND'].join(' ')} --help shows examples and flags.
`

export const rootHelp = (group: Group) => `EXAMPLES
${examples}

COMMANDS
${commandsOf(group, [])}

EVERY COMMAND TAKES
${rows([
  ['-o, --output table|json|name', 'a table for people, JSON for programs, or ids only'],
  ['--url, --home, --key-file', 'which API, and with which key (NOVACRON_URL, NOVACRON_HOME,'],
  ['', 'NOVACRON_API_KEY; default: what npm start wrote into .novacron here or above)'],
  ['-h, --help', 'its examples and flags'],
])}

EXIT CODES
${exitCodesText()}
`
