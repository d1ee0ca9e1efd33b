/** What the embedded cloud says about itself while it runs: one line per fact, where its composer wants it. */
export type Log = (fact: string, about?: Readonly<Record<string, unknown>>) => void

export const silent: Log = () => {}
