/** Everything in the table as the tests read it: past the functions, so that what they report is not believed but seen. */
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { Operation, Vm } from '../../core/contract/resources.ts'
import type { Ownership } from '../../core/ownership.ts'
import type { Posting } from '../../functions/aws/commands.ts'
import type { DynamoDbEngine } from '../../local/dynamodb/engine.ts'

export type Stored = { pk: string; sk: string } & Record<string, unknown>

interface Page {
  Items: Record<string, never>[]
  LastEvaluatedKey?: object
}

export function everyItem(engine: DynamoDbEngine, TableName: string): Stored[] {
  const items: Stored[] = []
  let from: object | undefined
  do {
    const page = engine.call('Scan', {
      TableName,
      ...(from && { ExclusiveStartKey: from }),
    }) as Page
    items.push(...page.Items.map((item) => unmarshall(item) as Stored))
    from = page.LastEvaluatedKey
  } while (from)
  return items
}

const of =
  <T>(pattern: RegExp) =>
  (items: readonly Stored[]) =>
    items.filter(({ pk }) => pattern.test(pk)) as unknown as (T & Stored)[]

export const operationsIn = of<Operation>(/^TENANT#[^#]+#OPERATION$/)
export const vmsIn = of<Vm>(/^TENANT#[^#]+#VM$/)
export const namesIn = of<{ vmId: string }>(/^TENANT#[^#]+#VM-NAME$/)
export const ownershipsIn = of<Ownership>(/^OWNER#/)
/** Those that were posted; what was withdrawn before never was a command. */
export const commandsIn = (items: readonly Stored[]) =>
  of<Posting>(/^COMMAND#/)(items).filter(({ command }) => command !== null)
export const mailIn = of<{ command: { id: string } }>(/^MAILBOX#/)
export const loadsIn = of<{ vcpus: number; memoryMiB: number }>(/^HOST-LOADS$/)
export const unstartedIn = (items: readonly Stored[]) =>
  items.filter(({ gsi1pk }) => gsi1pk === 'UNSTARTED')
