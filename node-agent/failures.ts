/**
 * Every way in which an agent itself says no: a closed list, each with what helps. What a hypervisor refuses is named
 * in hypervisor/hypervisor.ts, what the control plane answers in core/contract/failures.ts.
 */
export const agentFailures = {
  CONFIG_INVALID: 'Correct what is listed; `node node-agent/main.ts --help` names every setting',
  HYPERVISOR_MISSING: 'Start the agent with --simulated',
  DIRECTORY_IN_USE: 'Stop the agent that uses this directory, or give this one its own',
  DIRECTORY_UNUSABLE: 'Make the directory writable for the user the agent runs as',
  KEY_UNREADABLE: 'Restore agent.key from a backup, or remove it and enrol the host anew',
  NOT_ENROLLED:
    'Make a join token with `npx novacron host token create` and start the agent with it',
  JOURNAL_CORRUPT:
    'Keep a copy of journal.jsonl, restore it, or move it away: its VMs are then held',
  JOURNAL_NOT_UNDERSTOOD: 'Start the version of the agent that wrote the journal, or a later one',
  JOURNAL_UNWRITABLE: 'Make room on the disk of the agent’s directory; the agent goes on by itself',
} as const
export type AgentFailureCode = keyof typeof agentFailures

export class AgentFailure extends Error {
  readonly code: AgentFailureCode
  readonly fix: string

  constructor(code: AgentFailureCode, detail: string, cause?: unknown) {
    super(detail, { cause })
    this.name = code
    this.code = code
    this.fix = agentFailures[code]
  }
}

/** Whatever was thrown, as one line for a log. */
export const say = (error: unknown) =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)
