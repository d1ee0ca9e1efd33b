import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { DynamoDbEngine } from './engine.ts'

const TableName = 'durable'
const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)

/** Writes pairs in transactions for ever, and says each number once it was acknowledged. */
const writer = `
  import { DatabaseSync } from 'node:sqlite'
  import { writeSync } from 'node:fs'
  import { systemClock } from ${url('../../core/clock.ts')}
  import { DynamoDbEngine } from ${url('./engine.ts')}
  const db = new DatabaseSync(process.argv[1])
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const engine = new DynamoDbEngine({ db, clock: systemClock })
  engine.call('CreateTable', {
    TableName: '${TableName}', BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  })
  for (let n = 0; ; n++) {
    const put = (side) => ({ Put: { TableName: '${TableName}', Item: { pk: { S: side + n } } } })
    engine.call('TransactWriteItems', { TransactItems: [put('left'), put('right')] })
    writeSync(1, n + '\\n')
  }
`

test('a process killed while it writes loses nothing acknowledged and leaves no half', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'novacron-durability-'))
  const file = join(directory, 'killed.sqlite')
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer, file])
  let said = ''
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (said.split('\n').length > 150) child.kill('SIGKILL')
  })
  const signal = await new Promise((resolve) =>
    child.on('close', (_, killedBy) => resolve(killedBy)),
  )
  expect({ signal, complaint }).toEqual({ signal: 'SIGKILL', complaint: '' })
  const acknowledged = said.split('\n').slice(0, -1).map(Number)
  const db = new DatabaseSync(file)
  const engine = new DynamoDbEngine({ db, clock: systemClock })
  const { Items } = engine.call('Scan', { TableName }) as { Items: { pk: { S: string } }[] }
  const found = new Set(Items.map(({ pk }) => pk.S))
  for (const n of acknowledged) {
    expect(found.has(`left${n}`) && found.has(`right${n}`)).toBe(true)
  }
  const halves = [...found].filter((name) => {
    const other = name.startsWith('left')
      ? name.replace('left', 'right')
      : name.replace('right', 'left')
    return !found.has(other)
  })
  expect(halves).toEqual([])
  const changes = db.prepare('SELECT count(*) AS n FROM ddb_change').get()!['n']
  expect(changes).toBe(found.size)
  db.close()
  rmSync(directory, { recursive: true })
})
