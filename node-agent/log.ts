/** What an agent tells whoever runs it: what happened, in a few words that stay the same, and the facts beside it. */
export type Level = 'info' | 'warn' | 'error'
export type Facts = Readonly<Record<string, unknown>>
export type Log = (level: Level, what: string, facts?: Facts) => void

/** JSON lines, as log collectors read them. */
export const jsonLines =
  (write: (line: string) => void, now: () => number): Log =>
  (level, what, facts) => {
    write(`${JSON.stringify({ at: new Date(now()).toISOString(), level, what, ...facts })}\n`)
  }

export const silent: Log = () => {}
