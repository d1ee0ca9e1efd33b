/**
 * The ways in which the embedded cloud refuses to start or to finish, as a closed list. Each has a stable code,
 * says what happened and names the commands that help; anything else that is thrown is a bug and shows its stack.
 */
const failures = {
  DATA_DIRECTORY_IN_USE: {
    what: 'Another NovaCron{owner} is running on {home}',
    fix: ['{stop}', 'npm start -- --home ANOTHER --port 0   # or run a second one beside it'],
  },
  DATA_DIRECTORY_NEWER: {
    what: '{home} was written by a newer NovaCron (format {found}; this one knows {known})',
    fix: ['git pull   # and npm start again', 'npm start -- --home ANOTHER'],
  },
  DATA_DIRECTORY_FOREIGN: {
    what: '{home} has files in it that are not ours, beginning with {found}',
    fix: ['npm start -- --home ANOTHER   # an empty or a new directory'],
  },
  DATA_DIRECTORY_UNUSABLE: {
    what: '{home} cannot be used: {reason}',
    fix: ['ls -ld {home}   # who owns it?', 'df -h {home}   # is there room?'],
  },
  DATA_DIRECTORY_DAMAGED: {
    what: '{file} cannot be read: {reason}',
    fix: [
      'mv {home} {home}.damaged   # keeps it for inspection; the next start begins afresh',
      'npm start -- --home ANOTHER',
    ],
  },
  PORT_IN_USE: {
    what: 'Port {port} is taken by another program',
    fix: [
      'npm start -- --port 0   # any free port; together with the --home you gave',
      'ss -ltnp "sport = :{port}"   # who has it?',
    ],
  },
  PORT_FORBIDDEN: {
    what: 'Port {port} cannot be opened: {reason}',
    fix: ['npm start -- --port 7600   # 1024 or higher'],
  },
  WORKFLOW_REFUSED: {
    what: 'statemachines/{file} cannot be run here:\n{problems}',
    fix: ['npm run check   # names every fault of every workflow'],
  },
  ADMIN_KEY_MISSING: {
    what: '{file} is gone, and it is needed to {purpose}',
    fix: ['put it back', 'rm -r {home}   # or begin afresh: everything in it is lost'],
  },
  HOST_NOT_STARTED: {
    what: 'The simulated host {number} does not start: {reason}',
    fix: ['rm -r {directory}   # a new host takes its place; what ran on it is lost'],
  },
  API_REFUSED: {
    what: '{request} was answered with {status} {code}: {detail}',
    fix: ['npx novacron doctor'],
  },
  VM_NOT_AS_WANTED: {
    what: 'The VM {vm} is {state} instead of {wanted}: {reason}',
    fix: ['npx novacron operation list', 'npx novacron host list'],
  },
  INTERRUPTED: {
    what: 'Stopped by {signal}',
    fix: ['npm start   # goes on where it was'],
  },
} as const

export type LocalFailureCode = keyof typeof failures
type Params = Record<string, string | number>

export class LocalFailure extends Error {
  readonly code: LocalFailureCode
  readonly fix: string[]
  readonly params: Params

  constructor(code: LocalFailureCode, params: Params = {}) {
    super(fill(failures[code].what, params))
    this.name = code
    this.code = code
    this.params = params
    this.fix = failures[code].fix.map((line) => fill(line, params))
  }

  /** As it is told on a terminal. */
  report(): string {
    return [
      '',
      `novacron: ${this.message} [${this.code}]`,
      '',
      'What helps:',
      ...this.fix.map((line) => `  ${line}`),
      '',
    ].join('\n')
  }
}

const fill = (template: string, params: Params) =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
