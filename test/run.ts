/**
 * `npm test [-- path or vitest option …]`: runs the whole suite, or what the arguments name, prints
 * every skip with its reason and ends with one counted line. Exits with 1 when anything failed or
 * when nothing ran.
 */
import { parseCLI, startVitest } from 'vitest/node'
import { TallyReporter, tallyLine } from './tally.ts'

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
const ci = process.env['NOVACRON_CI'] === '1' || process.env['CI'] === 'true'
const counting = new TallyReporter({ ci, byName: options.testNamePattern !== undefined })

try {
  await startVitest(filter, { ...options, run: true, reporters: ['default', counting] })
} catch (error) {
  // A wrong option or a configuration that does not load: nothing ran, which the tally will say.
  console.error(error)
}
const { tally, remarks } = counting
if (tally.passed + tally.failed + tally.skipped === 0) {
  remarks.push('failed: not a single test ran')
  tally.failed = 1
}
for (const remark of remarks) console.log(remark)
console.log(tallyLine(tally))
process.exitCode = tally.failed === 0 ? 0 : 1
