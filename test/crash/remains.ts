/** What lies in the data directory of a system that has stopped, read past everything that would soften it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { systemClock } from '../../core/clock.ts'
import { DynamoDbEngine } from '../../local/dynamodb/engine.ts'
import { tableName } from '../../local/environment.ts'
import type { Item } from '../../functions/aws/items.ts'

export interface Remains {
  items: Item[]
  executions: { name: string; status: string }[]
  /** VM ids by the host whose hypervisor holds them. */
  onHosts: Map<string, string[]>
}

export const readRemains = async (home: string): Promise<Remains> => {
  const db = new DatabaseSync(join(home, 'novacron.sqlite'))
  const engine = new DynamoDbEngine({ db, clock: systemClock })
  const items: Item[] = []
  for (let ExclusiveStartKey: object | undefined; ;) {
    const page = engine.call('Scan', {
      TableName: tableName,
      ...(ExclusiveStartKey && { ExclusiveStartKey }),
    }) as { Items: Parameters<typeof unmarshall>[0][]; LastEvaluatedKey?: object }
    items.push(...page.Items.map((item) => unmarshall(item) as Item))
    ExclusiveStartKey = page.LastEvaluatedKey
    if (!ExclusiveStartKey) break
  }
  const executions = db.prepare('SELECT name, status FROM sfn_execution').all() as {
    name: string
    status: string
  }[]
  await engine.close()
  db.close()
  return { items, executions, onHosts: readHosts(join(home, 'hosts')) }
}

const readHosts = (directory: string) =>
  new Map(
    readdirSync(directory).map((number) => {
      const { hostId } = JSON.parse(
        readFileSync(join(directory, number, 'enrolment.json'), 'utf8'),
      ) as { hostId: string }
      const files = readdirSync(join(directory, number, 'vms')).filter((file) =>
        file.endsWith('.json'),
      )
      return [hostId, files.map((file) => file.replace('.json', ''))]
    }),
  )
