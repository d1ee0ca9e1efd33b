/**
 * Waits for an operation to end, and lets go of it without harm: Ctrl-C and --timeout end the waiting, never the
 * operation. An API that is away for a while is waited for, too.
 */
import type { Operation } from '../../core/contract/resources.ts'
import { cliFailure } from '../cli-failure.ts'
import type { Cli } from '../cli.ts'
import type { Client } from '../client.ts'
import { spanText } from '../durations.ts'
import { Progress } from './progress.ts'
import { isOver } from './row.ts'

const reconnectForMs = 300_000

export interface Following {
  title: string
  timeoutMs: number | undefined
}

export const lookAgain = (id: string) => ({
  text: 'Look again',
  command: `npx novacron operation watch ${id}`,
})

/** Asks for one-second waits at first, so that progress moves; whoever waits for long asks less often. */
const waitSeconds = (waitedMs: number) => (waitedMs < 60_000 ? 1 : 5)

export const follow = async (
  cli: Cli,
  api: Client,
  operation: Operation,
  { title, timeoutMs }: Following,
): Promise<Operation> => {
  const progress = new Progress(cli.terminal, title)
  const begun = cli.clock.now()
  const timer = new AbortController()
  const over = new AbortController()
  const signal = AbortSignal.any([cli.signal, timer.signal])
  if (timeoutMs !== undefined)
    cli.clock.sleep(timeoutMs, over.signal).then(
      () => timer.abort(),
      () => {},
    )
  const params = { operationId: operation.id }
  try {
    for (let now = operation; ;) {
      progress.show(now)
      if (isOver(now)) return now
      const query = { wait: waitSeconds(cli.clock.now() - begun) }
      now = await api.call('get-operation', { params, query }, { signal, reconnectForMs })
    }
  } catch (error) {
    if (cli.signal.aborted) throw detached(operation.id)
    if (timer.signal.aborted) throw continues(operation.id, timeoutMs ?? 0)
    throw error
  } finally {
    over.abort()
  }
}

const detached = (id: string) =>
  cliFailure('INTERRUPTED', `Detached; ${id} continues.`, lookAgain(id))

const continues = (id: string, timeoutMs: number) =>
  cliFailure(
    'OPERATION_CONTINUES',
    `${id} is not over after ${spanText(timeoutMs)}.`,
    lookAgain(id),
  )
