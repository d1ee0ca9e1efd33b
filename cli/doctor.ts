/** `novacron doctor`: looks at everything a command needs, from here to the hosts; every fault has one fix. */
import { checks } from './doctor/checks.ts'
import type { Finding } from './doctor/finding.ts'
import { Patient } from './doctor/patient.ts'
import { exitCodes } from './exit-codes.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'
import { verb } from './verb.ts'

export const command = verb({
  about:
    'Check everything from here to the hosts. Each fault comes with the one command that helps; exit code 1 if there is any.',
  examples: [
    ['', 'What is wrong?'],
    ['-o json', 'For a program'],
  ],
  async run(cli, flags) {
    const patient = new Patient(cli, flags)
    const findings: Finding[] = []
    for (const { name, look } of checks) {
      const finding = { check: name, ...(await look(patient)) }
      findings.push(finding)
      if (flags.output === 'table') cli.terminal.data(told(finding, cli.terminal))
    }
    const faults = findings.filter(({ state }) => state === 'fault')
    if (flags.output === 'json')
      cli.terminal.data(JSON.stringify({ ok: faults.length === 0, checks: findings }, null, 2))
    if (flags.output === 'name') for (const { check } of faults) cli.terminal.data(check)
    if (faults.length > 0) cli.endWith(exitCodes.failed)
    cli.terminal.say(summary(faults.length))
  },
})

const marks = { ok: '✓', fault: '✗', skipped: '–' } as const
const colours = { ok: 'green', fault: 'red', skipped: 'grey' } as const
const width = Math.max(...checks.map(({ name }) => name.length))

const told = ({ check, state, detail, fix }: Finding, terminal: Terminal) => {
  const mark = terminal.paint(marks[state], colours[state])
  const line = `${mark} ${check.padEnd(width)}  ${printable(detail)}`
  return fix === null ? line : `${line}\n${' '.repeat(width + 4)}fix: ${fix}`
}

const summary = (faults: number) => {
  if (faults === 0) return 'Everything is in place.'
  return faults === 1 ? 'One fault.' : `${faults} faults; begin with the first.`
}
