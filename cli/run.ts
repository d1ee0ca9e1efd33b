/**
 * One run of the CLI: the real streams, clock and signals are put together here and nowhere else. Ctrl-C reaches the
 * verb as an aborted signal, so that it can say what goes on without it; a second one ends the process.
 */
import { run as runProgram } from '@stricli/core'
import { systemClock } from '../core/clock.ts'
import { cliFailure } from './cli-failure.ts'
import { Cli } from './cli.ts'
import { readEnvironment } from './environment.ts'
import { exitCodes } from './exit-codes.ts'
import { exitCodesText, nextSteps } from './help.ts'
import { helpFor, programFor } from './program.ts'
import { Terminal } from './terminal.ts'

const { stdout, stderr } = process

export const run = async (inputs: readonly string[]) => {
  endQuietlyWhenNobodyReads()
  if (inputs.length === 0) return void stdout.write(nextSteps())
  if (inputs[0] === 'help' && inputs[1] === 'exit-codes')
    return void stdout.write(`EXIT CODES\n${exitCodesText()}\n`)
  const words = inputs[0] === 'help' ? [...inputs.slice(1), '--help'] : inputs
  const environment = readEnvironment()
  const terminal = new Terminal(stdout, stderr, environment.colour)
  const state: Cli['process'] = { stdout, stderr }
  const cli = new Cli({
    process: state,
    environment,
    cwd: process.cwd(),
    clock: systemClock,
    signal: interruption(),
    terminal,
  })
  const program = await programFor(words, terminal.coloured)
  await runProgram(program, words, cli)
  const exitCode = asExitCode(state.exitCode)
  if (exitCode === exitCodes.usage && state.exitCode !== exitCode)
    terminal.say(`  See: ${helpFor(words)}`)
  process.exitCode = exitCode
}

/** The library's own codes are negative: what could not be parsed is usage, anything else a failure. */
const asExitCode = (code: number | string | null | undefined) => {
  const number = Number(code ?? exitCodes.ok)
  if (number === -4 || number === -5) return exitCodes.usage
  return number < 0 ? exitCodes.failed : number
}

const interruption = (): AbortSignal => {
  const controller = new AbortController()
  const failure = cliFailure(
    'INTERRUPTED',
    'The API may have begun what was asked; nothing that has begun is stopped by this.',
    { text: 'See what has begun', command: 'npx novacron operation list' },
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      // The terminal has written ^C where the next word would go.
      if (stderr.isTTY) stderr.write('\n')
      controller.abort(failure)
    })
  return controller.signal
}

/** `| head` closes the pipe: what is left to say has no reader. */
const endQuietlyWhenNobodyReads = () => {
  for (const stream of [stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit()
    })
}
