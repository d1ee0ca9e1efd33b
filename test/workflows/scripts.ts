/**
 * How hosts behave, as a list of what they do with a command from the bell on. What a script leaves out does not
 * happen: a host without `take` is never heard, one that ends after `take` has died with the command in its hands.
 */
export type Act =
  | 'take'
  | 'accept'
  | 'progress'
  | 'do'
  | 'done'
  | 'fail'
  | { wait: number }
  | { progressFor: number }

const goOn: Act[] = ['take', 'accept', 'do', 'done']
const goWrong: Act[] = ['take', 'accept', 'fail']

export const scripts = {
  'does it': goOn,
  'refuses it': goWrong,
  'is silent': [],
  'takes it and is silent': ['take'],
  'does it and is silent': ['take', 'accept', 'do'],
  'goes silent half-way': ['take', 'accept', 'progress', { wait: 20 }, 'progress'],
  'takes five minutes, with heartbeats': ['take', 'accept', { progressFor: 300 }, 'do', 'done'],
  'takes longer than an hour, with heartbeats': [
    'take',
    'accept',
    { progressFor: 3700 },
    'do',
    'done',
  ],
  'takes it, and does it after the step gave up': ['take', { wait: 70 }, 'accept', 'do', 'done'],
  'takes it, and refuses it after the step gave up': ['take', { wait: 70 }, ...goWrong.slice(1)],
  'takes it at the last moment': [{ wait: 55 }, ...goOn],
  'comes when it is too late': [{ wait: 90 }, ...goOn],
  'says everything twice': [...goOn, 'done', 'accept', 'progress', 'done'],
  'says done, then failed': [...goOn, 'fail'],
  'says failed, then done': [...goWrong, 'done'],
} satisfies Record<string, Act[]>

export type Script = keyof typeof scripts
export const scriptNames = Object.keys(scripts) as Script[]
