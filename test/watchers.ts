/**
 * Watchers of the event log as people write them: one asks for JSON, one reads server-sent events, one sits on the
 * WebSocket. Each keeps its place and is cut off at random, in the middle of an answer too. What each has seen is
 * what a test looks at.
 */
import { WebSocket } from 'ws'
import { Event, WatchAnswer } from '../core/contract/event.ts'
import type { CloudUnderTest } from './cloud-under-test.ts'
import { chance } from './seed.ts'

export interface Watching {
  under: CloudUnderTest
  key: string
  /** How likely a connection is cut at each chance. */
  cuts: number
  signal: AbortSignal
}

export interface Watcher {
  readonly seen: Event[]
  /** What it was told instead of events. */
  readonly refusals: string[]
  /** Ends when the signal is aborted. */
  readonly ended: Promise<void>
}

interface Eyes {
  see(event: Event): void
  refused(text: string): void
}
type Look = (place: number, eyes: Eyes) => Promise<void>

/** Looks again and again, after whatever happened to the last look. */
const watch = ({ under, signal }: Watching, look: Look): Watcher => {
  const seen: Event[] = []
  const refusals: string[] = []
  const refused = (text: string) => void refusals.push(text)
  let place = 0
  const see = (event: Event) => {
    seen.push(Event.parse(event))
    place = Number(event.sequence)
  }
  const run = async () => {
    while (!signal.aborted) {
      await look(place, { see, refused }).catch(() => under.clock.sleep(5))
    }
  }
  return { seen, refusals, ended: run() }
}

export const watchAsJson = (watching: Watching) =>
  watch(watching, async (after, { see, refused }) => {
    const { under, key, cuts } = watching
    const cut = new AbortController()
    if (chance() < cuts) void under.clock.sleep(chance() * 20).then(() => cut.abort())
    const { body, text } = await under.ask('read-events', {
      key,
      query: { after, wait: 1 },
      signal: cut.signal,
    })
    if (body === undefined) {
      refused(text)
      throw new Error(text)
    }
    const { events, next } = body
    events.forEach(see)
    if (events.length > 0 && next !== Number(events.at(-1)!.sequence)) throw new Error('next')
  })

/** What an EventSource makes of a text that ends anywhere: whole events only, and the last id among them. */
export const readEventStream = (text: string) =>
  text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const fields = block.split('\n').flatMap((line): [string, string][] => {
        const match = /^(\w+): ?(.*)$/.exec(line)
        return match ? [[match[1]!, match[2]!]] : []
      })
      return Object.fromEntries(fields) as { id?: string; event?: string; data?: string }
    })

export const watchAsEventStream = (watching: Watching) =>
  watch(watching, async (place, { see, refused }) => {
    const { under, key, cuts } = watching
    // As an EventSource does: the address stays what it was at first, only the header goes on.
    const response = await fetch(`${under.url}/v1/events?after=0&wait=1`, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${key}`,
        ...(place > 0 && { 'last-event-id': String(place) }),
      },
    })
    const text = await response.text()
    if (!response.ok) {
      refused(text)
      throw new Error(text)
    }
    const cut = chance() < cuts ? Math.floor(chance() * text.length) : text.length
    for (const { id, event, data } of readEventStream(text.slice(0, cut))) {
      if (data === undefined) continue
      const told = JSON.parse(data) as Event
      if (Number(id) !== Number(told.sequence) || event !== told.type) throw new Error('fields')
      see(told)
    }
  })

export const watchOverSocket = (watching: Watching) =>
  watch(watching, (place, { see, refused }) => {
    const { under, key, cuts, signal } = watching
    const socket = openSocket(under, key)
    const end = () => socket.terminate()
    signal.addEventListener('abort', end, { once: true })
    let after = place
    const ask = () => socket.send(JSON.stringify({ action: 'watch', after }))
    socket.on('open', ask)
    socket.on('message', (data: Buffer) => {
      const answer = WatchAnswer.parse(JSON.parse(data.toString('utf8')))
      if (chance() < cuts) return end()
      if (answer.kind === 'bell') return ask()
      if (answer.kind === 'problem') {
        refused(JSON.stringify(answer.problem))
        return end()
      }
      const fresh = answer.events.filter(({ sequence }) => Number(sequence) > after)
      fresh.forEach(see)
      after = Math.max(after, answer.next)
      if (answer.events.length > 0) ask()
    })
    return new Promise((resolve) => {
      socket.on('error', () => {})
      socket.on('close', () => {
        signal.removeEventListener('abort', end)
        void under.clock.sleep(5).then(resolve)
      })
    })
  })

export const openSocket = (under: CloudUnderTest, key: string | null) =>
  new WebSocket(`${under.url.replace('http', 'ws')}/v1/socket`, {
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
    perMessageDeflate: false,
  })

/** The next message of a kind that is wanted. */
export const nextMessage = (socket: WebSocket, kind: WatchAnswer['kind']): Promise<WatchAnswer> =>
  new Promise((resolve, reject) => {
    const take = (data: Buffer) => {
      const answer = WatchAnswer.parse(JSON.parse(data.toString('utf8')))
      if (answer.kind !== kind) return
      socket.off('message', take)
      resolve(answer)
    }
    socket.on('message', take)
    socket.once('close', () => reject(new Error('The socket was closed')))
  })
