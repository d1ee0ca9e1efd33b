/** `novacron event tail`: what happens, as it happens. */
import type { Event } from '../../core/contract/event.ts'
import { cliFailure } from '../cli-failure.ts'
import { verb, type Output } from '../verb.ts'
import { parseSequence, readEvents } from './read.ts'
import { eventLine } from './row.ts'

interface Flags {
  after?: number
  last: number
  once: boolean
  json: boolean
}

export const command = verb<Flags>({
  about:
    'Show what happened last and then what happens, until Ctrl-C. Over a lost connection nothing is missed and nothing is shown twice.',
  examples: [
    ['', 'The last ten events, then every new one'],
    ['--after 0 --once', 'Everything that is kept, then end'],
    ['--after 120 -o json', 'One JSON object per line, from number 121 on'],
  ],
  flags: {
    after: {
      kind: 'parsed',
      parse: parseSequence,
      optional: true,
      brief: 'Begin after the event of this number',
    },
    last: {
      kind: 'parsed',
      parse: parseSequence,
      default: '10',
      brief: 'Without --after: begin with so many past events',
    },
    once: {
      kind: 'boolean',
      default: false,
      withNegated: false,
      brief: 'End when there is no newer event',
    },
    json: { kind: 'boolean', default: false, withNegated: false, brief: 'The same as -o json' },
  },
  async run(cli, { after, last, once, json, ...flags }) {
    const api = await cli.connect(flags)
    const text = textOf(json ? 'json' : flags.output)
    let seen = after
    try {
      for await (const event of readEvents(cli, api, { after, last, once })) {
        cli.terminal.data(text(event))
        seen = Number(event.sequence)
      }
    } catch (error) {
      if (!cli.signal.aborted || seen === undefined) throw error
      throw cliFailure('INTERRUPTED', `Stopped after event ${seen}.`, {
        text: 'Go on from there',
        command: `npx novacron event tail --after ${seen}`,
      })
    }
  },
})

const textOf = (output: Output): ((event: Event) => string) => {
  if (output === 'json') return (event) => JSON.stringify(event)
  return output === 'name' ? ({ id }) => id : eventLine
}
