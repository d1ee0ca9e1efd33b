/**
 * What a cloud is asked to keep and to call, apart from the routes: the table, the socket's routes, the triggers.
 * Read by the stacks for AWS and by the embedded cloud, so that the two cannot differ.
 */
export const table = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'ttl',
  /** Sparse: only what some list or sweeper looks for outside its own partition carries these. */
  indexes: [{ name: 'gsi1', partitionKey: 'gsi1pk', sortKey: 'gsi1sk' }],
} as const

/** Where the WebSocket is; also the path an agent signs when it connects. */
export const socketPath = '/v1/socket'

/** WebSocket route key → file in functions/socket/. The route is chosen by the message's `action`. */
export const socketRoutes = {
  $connect: 'connect',
  $disconnect: 'disconnect',
  $default: 'refuse-message',
  watch: 'watch',
} as const

/** File in functions/triggers/ → what calls it. */
export type Trigger =
  | { on: 'stream'; batchSize: number }
  | { on: 'schedule'; everySeconds: number }
  | { on: 'bus'; pattern: Readonly<Record<string, unknown>> }

export const triggers = {
  publish: { on: 'stream', batchSize: 100 },
  'sweep-unstarted': { on: 'schedule', everySeconds: 60 },
  'settle-execution': {
    on: 'bus',
    pattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
    },
  },
} as const satisfies Record<string, Trigger>

/** Seconds a function may run: a long poll of 25 s and an API that gives up after 30 leave this much. */
export const functionTimeoutSeconds = 29
export const bodyLimitBytes = 256 * 1024
