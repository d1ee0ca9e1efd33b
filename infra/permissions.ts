/**
 * What each function may do, in one table: nothing else. Partitions are written as the patterns IAM compares with an
 * item's partition key, so R (`OWNER#…`) can be written by three steps, by the report of a host that accepts the VM, and
 * by nobody else. test/infra holds every line against what the function's code reaches: what is missing fails there, and
 * so does what is more than it needs.
 */
import type { FunctionName } from '../core/contract/function-name.ts'

/** One item, many by their keys, a partition of the table, one of its index; that an item is still as it was read. */
export type Read = 'item' | 'items' | 'partition' | 'index' | 'check'
export type Write = 'put' | 'update' | 'delete'
export type Answer = 'success' | 'failure' | 'heartbeat'

export interface Permissions {
  reads: readonly Read[]
  writes: { how: readonly Write[]; where: readonly string[] }
  /** Workflows it may begin. */
  starts: readonly string[]
  /** How it may answer for a waiting step. */
  answers: readonly Answer[]
  /** May open, and make, the key that seals page tokens. */
  seals: boolean
  /** May send over the open sockets. */
  rings: boolean
}

const unique = <T>(values: readonly T[]) => [...new Set(values)]

const all = (...parts: readonly Partial<Permissions>[]): Permissions => ({
  reads: unique(parts.flatMap(({ reads = [] }) => reads)),
  writes: {
    how: unique(parts.flatMap(({ writes }) => writes?.how ?? [])),
    where: unique(parts.flatMap(({ writes }) => writes?.where ?? [])),
  },
  starts: unique(parts.flatMap(({ starts = [] }) => starts)),
  answers: unique(parts.flatMap(({ answers = [] }) => answers)),
  seals: parts.some(({ seals }) => seals),
  rings: parts.some(({ rings }) => rings),
})

const reads = (...what: Read[]) => ({ reads: what })
const writes = (how: Write[], ...where: string[]) => ({ writes: { how, where } })
const starts = (...workflows: string[]) => ({ starts: workflows })
const answers = (...how: Answer[]) => ({ answers: how })
const rings = { rings: true }

const vms = 'TENANT#*#VM'
const vmNames = 'TENANT#*#VM-NAME'
const operations = 'TENANT#*#OPERATION'
const commands = 'COMMAND#*'
const mailboxes = 'MAILBOX#*'
const hostLoads = 'HOST-LOADS'
const owners = 'OWNER#*'

/** Looks up whose key it is and counts the request, and the wait it may ask for. */
const byKey = all(reads('item'), writes(['update'], 'RATE#*'))
/** Remembers its answer under the caller's Idempotency-Key. */
const changing = all(byKey, writes(['put'], 'IDEMPOTENCY#*'))
/** Begins a workflow and strikes its operation off the sweeper's list. */
const beginning = (workflow: string) =>
  all(changing, writes(['put', 'update'], operations), starts(workflow))
/** Lists go on with a sealed token, whose key the first list of all makes. */
const listing = all(byKey, { seals: true }, writes(['put'], 'SEAL'))
/** Looks up whose signature it is and remembers it, lest it comes again. */
const byHost = all(reads('item'), writes(['put'], 'NONCE#*'))
/** Enters a phase of its operation before it acts. */
const entering = all(reads('item'), writes(['put'], operations))

export const permissions: Readonly<Record<FunctionName, Permissions>> = {
  'api/get-api': all(),
  'api/get-openapi': all(),
  'api/get-failure': all(),
  'api/refuse-route': all(),
  'api/get-principal': byKey,

  'api/create-tenant': all(changing, writes(['put'], 'TENANTS', 'TENANT-NAME#*', 'KEY#*')),
  'api/list-tenants': all(listing, reads('partition')),
  'api/get-tenant': byKey,
  'api/create-key': all(changing, writes(['put'], 'KEY#*')),
  'api/list-keys': all(listing, reads('index')),
  'api/get-key': byKey,
  'api/revoke-key': all(changing, reads('index'), writes(['put'], 'KEY#*')),

  'api/create-join-token': all(changing, writes(['put'], 'JOIN#*')),
  'api/list-hosts': all(listing, reads('partition', 'items')),
  'api/get-host': all(byKey, reads('items')),

  'api/create-vm': all(beginning('create-vm'), writes(['put'], vms, vmNames)),
  'api/list-vms': all(listing, reads('partition', 'index')),
  'api/get-vm': byKey,
  'api/update-vm': all(changing, writes(['put'], vms)),
  'api/delete-vm': all(beginning('delete-vm'), writes(['put'], vms)),

  'api/get-operation': byKey,
  'api/list-operations': all(listing, reads('partition')),
  'api/read-events': all(byKey, reads('partition')),

  'agent/enrol-host': all(byHost, writes(['put'], 'JOIN#*', 'HOSTS', hostLoads)),
  'agent/take-commands': all(
    byHost,
    reads('partition', 'check'),
    writes(['put', 'update', 'delete'], commands, mailboxes, hostLoads),
  ),
  'agent/report': all(
    byHost,
    reads('check'),
    writes(['put', 'delete'], owners, commands, mailboxes, operations),
    answers('success', 'failure', 'heartbeat'),
  ),

  'steps/choose-host': all(entering, reads('partition')),
  'steps/reserve-host': all(
    entering,
    reads('check'),
    writes(['put', 'update'], owners, vms, hostLoads),
  ),
  'steps/send-command': all(
    entering,
    reads('check'),
    writes(['put'], commands, mailboxes),
    answers('success', 'failure'),
    rings,
  ),
  'steps/withdraw-command': all(reads('item'), writes(['put', 'delete'], commands, mailboxes)),
  'steps/release-host': all(
    reads('item', 'check'),
    writes(['put', 'update'], owners, vms, hostLoads, commands),
  ),
  'steps/find-owner': all(reads('item')),
  'steps/finish-create-vm': all(reads('item'), writes(['put'], vms, operations)),
  'steps/finish-delete-vm': all(
    reads('item', 'check'),
    writes(['put', 'update', 'delete'], owners, vms, vmNames, operations, hostLoads),
  ),
  'steps/fail-operation': all(reads('item'), writes(['put'], vms, operations)),

  'triggers/publish': all(
    reads('item', 'items', 'partition'),
    writes(['put', 'delete'], 'TENANT#*#EVENT', 'TENANT#*#SEQUENCE', 'TENANT#*#WATCHER'),
    writes(['put'], 'EVENT-ID#*'),
    rings,
  ),
  'triggers/sweep-unstarted': all(
    reads('index'),
    writes(['update'], operations),
    starts('create-vm', 'delete-vm'),
  ),
  'triggers/settle-execution': all(reads('item'), writes(['put'], vms, operations)),

  'socket/connect': all(
    byHost,
    writes(['put', 'update'], 'CONNECTION#*', 'DOORBELL#*', 'TENANT#*#WATCHER'),
  ),
  'socket/disconnect': all(
    reads('item'),
    writes(['delete'], 'CONNECTION#*', 'DOORBELL#*', 'TENANT#*#WATCHER'),
  ),
  'socket/watch': all(byKey, reads('partition'), rings),
  'socket/refuse-message': all(byKey, rings),
}
