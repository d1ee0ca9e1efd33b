/** What `npm start` tells: progress while it starts, and a short screen of what to do next. */
export interface Running {
  url: string
  adminKeyFile: string
  hosts: number
  readyMs: number
}

export const screen = ({ url, adminKeyFile, hosts, readyMs }: Running) => `
  NovaCron is running (ready after ${readyMs} ms).

    API         ${url}
    admin key   in ${adminKeyFile}, readable only by you
    hosts       ${hosts} simulated

  Try, in another terminal:

    npx novacron vm create demo
    npx novacron vm list
    npx novacron event tail

  Ctrl-C stops it. The next npm start goes on where this one ended.

`

/** One line for each phase that has ended, with how long it took since the last one ended, or since `begin`. */
export function phases(write: (text: string) => void, now: () => number) {
  let before = 0
  return {
    begin: () => void (before = now()),
    ended: (what: string) => {
      write(`novacron: ${what} (${now() - before} ms)\n`)
      before = now()
    },
  }
}
