/**
 * `npm run check`: everything that must hold before a push, as named steps in order. All run even when
 * one fails; the end names those that did and adds everything up in one line: `N passed, N failed`.
 * --skip-tests leaves the suite out (CI has run it just before), --long adds what takes minutes,
 * --only NAME runs one step.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readTally, tallyLine } from './tally.ts'
import type { Tally } from './tally.ts'

interface Step {
  name: string
  command: [program: string, ...args: string[]]
  env?: Record<string, string>
  /** Prints a tally of its own, which counts in place of the step. */
  hasTally?: boolean
  when?: 'tests' | 'long'
}

const steps: Step[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint', command: ['oxlint', '--deny-warnings'] },
  { name: 'format', command: ['prettier', '--check', '--log-level=warn', '.'] },
  { name: 'tests', command: ['node', 'test/run.ts'], hasTally: true, when: 'tests' },
  { name: 'synth', command: ['node', 'infra/app.ts'] },
  {
    name: 'crash',
    command: ['node', 'test/run.ts', 'test/crash'],
    env: { NOVACRON_CRASHES: '200' },
    hasTally: true,
    when: 'long',
  },
  { name: 'fresh-clone', command: ['node', 'test/fresh-clone.ts'], hasTally: true, when: 'long' },
]

const root = join(import.meta.dirname, '..')

/** Runs one step, showing what it prints, and says what it came to. */
async function carryOut({ command: [program, ...args], env, hasTally }: Step): Promise<Tally> {
  const child = spawn(program, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH']}`,
      ...env,
    },
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk
    process.stdout.write(chunk)
  })
  const passed = await new Promise<boolean>((resolve) => {
    child.on('error', (error) => {
      console.log(`${program} does not start: ${error.message}`)
      resolve(false)
    })
    child.on('close', (code) => resolve(code === 0))
  })
  const tally = hasTally ? readTally(printed) : { passed: Number(passed), failed: 0, skipped: 0 }
  // Whatever it counted, a step that ended badly has failed.
  return {
    passed: tally?.passed ?? 0,
    skipped: tally?.skipped ?? 0,
    failed: tally?.failed || Number(!passed || !tally),
  }
}

const { values: flags } = parseArgs({
  options: {
    'skip-tests': { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})

function isChosen({ name, when }: Step): boolean {
  if (flags.only) return name === flags.only
  return when === 'tests' ? !flags['skip-tests'] : when !== 'long' || flags.long
}

const chosen = steps.filter(isChosen)
const total: Tally = { passed: 0, failed: 0, skipped: 0 }
const summary: string[] = []
for (const [index, step] of chosen.entries()) {
  console.log(`\ncheck ${index + 1}/${chosen.length}: ${step.name} (${step.command.join(' ')})`)
  const began = performance.now()
  const tally = await carryOut(step)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const verdict = tally.failed ? 'FAILED' : 'ok'
  console.log(`check ${index + 1}/${chosen.length}: ${step.name} ${verdict} after ${seconds} s`)
  summary.push(`${verdict.padEnd(6)} ${step.name.padEnd(12)} ${seconds.padStart(6)} s`)
  total.passed += tally.passed
  total.failed += tally.failed
  total.skipped += tally.skipped
}
if (chosen.length === 0) {
  total.failed = 1
  summary.push(`no such step; there are ${steps.map(({ name }) => name).join(', ')}`)
}
console.log(`\n${summary.join('\n')}\n${tallyLine(total)}`)
process.exitCode = total.failed === 0 ? 0 : 1
