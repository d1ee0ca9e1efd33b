/**
 * Commands as they lie in the table. COMMAND#… is the record with the waiting step's task token, which never leaves
 * the control plane; the entry in the host's MAILBOX is what the agent fetches, and is gone once the command is settled.
 *
 *   open ──take──▶ taken ──report──▶ done | failed
 *    │ │             └──take again, and R binds the host no more──▶ withdrawn
 *    │ └──report──▶ done | failed                  (from a host that took it, and whose taking was not written)
 *    └──withdraw──▶ withdrawn ◀──withdraw── not posted yet
 */
import type { Command } from '../../core/contract/command.ts'
import type { Ownership } from '../../core/ownership.ts'
import { plainItem, until, type Item } from './items.ts'
import { keyOf, partitions } from './keys.ts'
import { commit, type Write } from './commit.ts'
import { get, queryAll } from './table.ts'

export type CommandState = 'open' | 'taken' | 'done' | 'failed' | 'withdrawn'
export type Settlement =
  | { state: 'done'; incarnation: string }
  | { state: 'failed'; incarnation: string; reason: string }
  | { state: 'withdrawn' }

export interface CommandRecord {
  id: string
  /** null: withdrawn before it was posted. */
  command: Command | null
  hostId: string
  tenantId: string
  operationId: string
  state: CommandState
  reason: string | null
  /** Which of the host's journals accepted it, or was the first to say what became of it. */
  incarnation: string | null
  taskToken: string
  /** Which attempt of the step waits with that token. */
  attempt: number
  version: number
}

/** The command that one state of an execution has for one host. */
export const commandIdOf = (operationId: string, state: string, hostId: string) =>
  `${operationId}.${state}.${hostId}`

const keptSeconds = 30 * 24 * 3600
export const isSettled = ({ state }: CommandRecord) => state !== 'open' && state !== 'taken'

const recordItem = (record: CommandRecord, ttl?: number): Item => ({
  ...plainItem(keyOf.command(record.id), { ...record }),
  ...(ttl !== undefined && { ttl }),
})

export const findCommand = async (id: string): Promise<CommandRecord | undefined> =>
  (await get(keyOf.command(id))) as CommandRecord | undefined

export interface Posting extends CommandRecord {
  command: Command
}

/** R is still as it was when it was asked whether it binds the host. */
export const fenced = (ownership: Ownership): Write => ({
  expect: keyOf.owner(ownership.vmId),
  was: ownership.version,
})

/** Into the mailbox, together with what it rests on. */
export const postCommand = (record: Posting, ...restsOn: Write[]) =>
  commit([
    { create: recordItem(record) },
    {
      create: plainItem(keyOf.mail(record.hostId, record.id), {
        command: record.command,
      }),
    },
    ...restsOn,
  ])

export const replaceCommand = (
  record: CommandRecord,
  change: Partial<CommandRecord>,
  ...together: Write[]
) =>
  commit([
    {
      replace: recordItem({ ...record, ...change, version: record.version + 1 }),
      was: record.version,
    },
    ...together,
  ])

/** The end of a command, once: it leaves the mailbox in the same transaction. */
export const settleCommand = (
  record: CommandRecord,
  settlement: Settlement,
  now: number,
  ...restsOn: Write[]
) =>
  commit([
    {
      replace: recordItem(
        { ...record, reason: null, ...settlement, version: record.version + 1 },
        until(now, keptSeconds),
      ),
      was: record.version,
    },
    { remove: keyOf.mail(record.hostId, record.id) },
    ...restsOn,
  ])

/** Withdraws what was not posted yet: whoever is late to post it finds that it is too late. */
export const forestalled = (
  of: Pick<CommandRecord, 'id' | 'hostId' | 'tenantId' | 'operationId'>,
  now: number,
): Write => ({
  create: recordItem(
    {
      ...of,
      command: null,
      state: 'withdrawn',
      reason: null,
      incarnation: null,
      taskToken: 'none',
      attempt: 0,
      version: 1,
    },
    until(now, keptSeconds),
  ),
})

export const openMail = async (hostId: string): Promise<string[]> =>
  (await queryAll(partitions.mailbox(hostId))).map(({ sk }) => sk)
