/** Why nobody answers, as far as this side can tell, and the one thing that helps. */
import { startIt, type Address } from './address.ts'
import { cliFailure } from './cli-failure.ts'

const reasonOf = (error: unknown): string => {
  const cause = (error as Error | undefined)?.cause as NodeJS.ErrnoException | undefined
  return cause?.code ?? cause?.message ?? (error as Error | undefined)?.message ?? String(error)
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export const unreachable = (address: Address, error: unknown) => {
  const { url, local, pid, from } = address
  const ended = local && pid !== undefined && !isAlive(pid)
  const detail = ended
    ? `${from} names process ${pid}, which has ended (${url}: ${reasonOf(error)}).`
    : `${url} (from ${from}): ${reasonOf(error)}.`
  const look = { text: 'See what answers there', command: `curl -i ${url}/v1` }
  return cliFailure('API_UNREACHABLE', detail, local ? startIt : look)
}
