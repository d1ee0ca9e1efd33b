/**
 * The events of a tenant in their order, without a gap and without a repetition, however often the connection breaks:
 * what comes next follows from the number of the last event handed out, never from the connection.
 */
import type { Event } from '../../core/contract/event.ts'
import type { Cli } from '../cli.ts'
import { CliFailure } from '../cli-failure.ts'
import type { Client } from '../client.ts'

const waitSeconds = 20
/** However much happens, the key's share of requests is not used up by watching. */
const pauseMs = 250
const reconnectForMs = 3_600_000

export const parseSequence = (text: string): number => {
  if (!/^\d{1,12}$/.test(text)) throw new SyntaxError('give the number of an event, from 0')
  return Number(text)
}

export interface From {
  after: number | undefined
  last: number
  once: boolean
}

export async function* readEvents(cli: Cli, api: Client, from: From): AsyncGenerator<Event> {
  let seen = await begin(api, from)
  for (;;) {
    const query = { after: seen, wait: from.once ? 0 : waitSeconds }
    const { events } = await api.call('read-events', { query }, { reconnectForMs })
    for (const event of events) {
      const sequence = Number(event.sequence)
      if (sequence <= seen) continue
      seen = sequence
      yield event
    }
    if (!from.once) await cli.clock.sleep(pauseMs, cli.signal)
    else if (events.length === 0) return
  }
}

/** A number from the first request on: a connection lost before the first event then loses none. */
const begin = async (api: Client, { after, last }: From): Promise<number> => {
  const seen = after ?? (await beforeLast(api, last))
  // Who names a number must learn that what followed it is gone; who asks for what there is, gets that.
  if (after !== undefined && after > 0) return seen
  try {
    await api.call('read-events', { query: { after: seen, wait: 0 } })
    return seen
  } catch (error) {
    const { oldest } = (error instanceof CliFailure && error.account.params) || {}
    if (typeof oldest !== 'number') throw error
    return oldest - 1
  }
}

const beforeLast = async (api: Client, last: number) => {
  const { next } = await api.call('read-events', { query: { wait: 0 } })
  return Math.max(0, next - last)
}
