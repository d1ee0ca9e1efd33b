/**
 * Commands as they lie in the table. COMMAND#… is the record with the waiting step's task token, which never leaves
 * the control plane; the entry in the host's MAILBOX is what the agent fetches, and is gone once the command is settled.
 *
 *   open ──take──▶ taken ──report──▶ done | failed        open, or not posted yet ──withdraw──▶ withdrawn
 */
import type { Command } from '../../core/contract/command.ts'
import { plainItem, until, type Item } from './items.ts'
import { keyOf, partitions } from './keys.ts'
import { commit, Lost } from './commit.ts'
import { get, queryAll } from './table.ts'

export type CommandState = 'open' | 'taken' | 'done' | 'failed' | 'withdrawn'
export type Settlement =
  { state: 'done' } | { state: 'failed'; reason: string } | { state: 'withdrawn' }

export interface CommandRecord {
  id: string
  /** null: withdrawn before it was posted. */
  command: Command | null
  hostId: string
  tenantId: string
  operationId: string
  state: CommandState
  reason: string | null
  taskToken: string
  /** Which attempt of the step waits with that token. */
  attempt: number
  version: number
}

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

/** Into the mailbox; false when a command of this id is there already, or was withdrawn. */
export const postCommand = async (record: Posting): Promise<boolean> => {
  try {
    await commit([
      { create: recordItem(record) },
      {
        create: plainItem(keyOf.mail(record.hostId, record.id), {
          command: record.command,
        }),
      },
    ])
    return true
  } catch (error) {
    if (error instanceof Lost) return false
    throw error
  }
}

export const replaceCommand = (record: CommandRecord, change: Partial<CommandRecord>) =>
  commit([
    {
      replace: recordItem({ ...record, ...change, version: record.version + 1 }),
      was: record.version,
    },
  ])

/** The end of a command, once: it leaves the mailbox in the same transaction. */
export const settleCommand = (record: CommandRecord, settlement: Settlement, now: number) =>
  commit([
    {
      replace: recordItem(
        {
          ...record,
          state: settlement.state,
          reason: settlement.state === 'failed' ? settlement.reason : null,
          version: record.version + 1,
        },
        until(now, keptSeconds),
      ),
      was: record.version,
    },
    { remove: keyOf.mail(record.hostId, record.id) },
  ])

/** Withdraws what was not posted yet: whoever is late to post it finds that it is too late. */
export const forestallCommand = (
  of: Pick<CommandRecord, 'id' | 'hostId' | 'tenantId' | 'operationId'>,
  now: number,
) =>
  commit([
    {
      create: recordItem(
        {
          ...of,
          command: null,
          state: 'withdrawn',
          reason: null,
          taskToken: 'none',
          attempt: 0,
          version: 1,
        },
        until(now, keptSeconds),
      ),
    },
  ])

export const openMail = async (hostId: string): Promise<string[]> =>
  (await queryAll(partitions.mailbox(hostId))).map(({ sk }) => sk)
