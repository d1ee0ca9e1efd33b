import { createRequire } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { openEngine } from '../../test/conformance/dynamodb-endpoints.ts'
import { DynamoDbEngine } from './engine.ts'
import { isReserved, reservedWords } from './reserved-words.ts'

const TableName = 'things'

const thingsTable = {
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: ['pk', 'sk', 'host'].map((AttributeName) => ({
    AttributeName,
    AttributeType: 'S',
  })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-host',
      KeySchema: [{ AttributeName: 'host', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
}

function thing(n: number, more: object = {}) {
  const host = { S: `h${n % 10}` }
  return { pk: { S: `p${n % 5}` }, sk: { S: String(n).padStart(6, '0') }, host, ...more }
}

function filled(engine: DynamoDbEngine, count: number): void {
  engine.call('CreateTable', thingsTable)
  for (let n = 0; n < count; n += 25) {
    const things = Array.from({ length: Math.min(25, count - n) }, (_, i) => thing(n + i))
    const requests = things.map((Item) => ({ PutRequest: { Item } }))
    engine.call('BatchWriteItem', { RequestItems: { [TableName]: requests } })
  }
}

describe('the embedded DynamoDB refuses by name', () => {
  test.each([
    'ExecuteStatement',
    'BatchExecuteStatement',
    'UpdateTable',
    'CreateBackup',
    'ImportTable',
    'TagResource',
    'DescribeStream',
    'constructor',
  ])('the operation %s', async (operation) => {
    await using opened = openEngine()
    const call = () => opened.engine.call(operation, {})
    expect(call).toThrow(`does not support the operation ${operation}; it supports BatchGetItem,`)
    expect(call).toThrow(expect.objectContaining({ name: 'UnknownOperationException' }))
  })

  const key = { pk: { S: 'p' }, sk: { S: 's' } }
  test.each([
    ['PutItem', { TableName, Item: key, Expected: {} }, 'legacy parameter Expected of PutItem'],
    [
      'UpdateItem',
      { TableName, Key: key, AttributeUpdates: {} },
      'legacy parameter AttributeUpdates',
    ],
    ['DeleteItem', { TableName, Key: key, ConditionalOperator: 'OR' }, 'legacy parameter'],
    ['Query', { TableName, KeyConditions: {} }, 'legacy parameter KeyConditions of Query'],
    ['Query', { TableName, QueryFilter: {} }, 'legacy parameter QueryFilter of Query'],
    ['Scan', { TableName, ScanFilter: {} }, 'legacy parameter ScanFilter of Scan'],
    [
      'GetItem',
      { TableName, Key: key, AttributesToGet: ['a'] },
      'legacy parameter AttributesToGet',
    ],
    ['Scan', { TableName, Segment: 0, TotalSegments: 2 }, 'parameter Segment of Scan'],
    ['CreateTable', { ...thingsTable, LocalSecondaryIndexes: [] }, 'LocalSecondaryIndexes'],
    ['CreateTable', { ...thingsTable, SSESpecification: {} }, 'parameter SSESpecification'],
    ['TransactWriteItems', { TransactItems: [{ Get: {} }] }, 'parameter Get of TransactWriteItems'],
  ])('%s with %j', async (operation, input, message) => {
    await using opened = openEngine()
    opened.engine.call('CreateTable', { ...thingsTable, TableName: 'other' })
    const call = () => opened.engine.call(operation, input)
    expect(call).toThrow(message)
    expect(call).toThrow(expect.objectContaining({ name: 'ValidationException' }))
  })

  test('expressions too long, too deep or with too many operators to be read in good time', async () => {
    await using opened = openEngine()
    filled(opened.engine, 0)
    const scan = (FilterExpression: string) => () =>
      opened.engine.call('Scan', {
        TableName,
        FilterExpression,
        ExpressionAttributeValues: { ':v': { S: 'x' } },
      })
    const nested = (levels: number) =>
      Array.from({ length: levels }, (_, n) => `(a${n} = :v OR `).join('') +
      'a = :v' +
      ')'.repeat(levels)
    const many = (terms: number, term: string) => Array.from({ length: terms }, () => term)
    expect(scan(nested(5))).not.toThrow()
    expect(scan(nested(6))).toThrow('does not read parentheses nested more than 5 levels deep')
    expect(scan(many(130, 'a = :v').join(' OR '))).not.toThrow()
    expect(scan(many(170, 'a = :v').join(' OR '))).toThrow('too many operators')
    expect(scan(many(500, 'a = :v').join(' OR '))).toThrow('Expression size has exceeded')
    expect(scan(`a IN (${many(100, ':v').join(', ')})`)).not.toThrow()
    expect(scan(`a IN (${many(101, ':v').join(', ')})`)).toThrow('too many operands')
  })

  test('what is missing, all faults at once', async () => {
    await using opened = openEngine()
    expect(() => opened.engine.call('GetItem', {})).toThrow(
      "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; Value null at 'key' failed",
    )
  })

  test('an attribute value of the wrong shape', async () => {
    await using opened = openEngine()
    filled(opened.engine, 0)
    const put = (x: unknown) => () =>
      opened.engine.call('PutItem', { TableName, Item: thing(1, { x }) })
    expect(put({ S: 1 })).toThrow(expect.objectContaining({ name: 'SerializationException' }))
    expect(put({ B: '!' })).toThrow(expect.objectContaining({ name: 'SerializationException' }))
    expect(put('text')).toThrow(expect.objectContaining({ name: 'SerializationException' }))
    expect(put({})).toThrow('must contain exactly one of the supported datatypes')
    expect(put({ S: 'a', N: '1' })).toThrow('more than one datatypes set')
    expect(put({ SS: [] })).toThrow('may not be empty')
    expect(put({ NS: ['1', '1.0'] })).toThrow('contains duplicates')
    expect(put({ NULL: false })).toThrow('Null attribute value types must have the value of true')
    const deep = (levels: number): object => (levels === 0 ? { S: 'x' } : { L: [deep(levels - 1)] })
    expect(put(deep(32))).not.toThrow()
    expect(put(deep(33))).toThrow('Nesting Levels have exceeded supported limits')
  })
})

describe('the embedded DynamoDB', () => {
  test('reads the items of a page and no others, however many there are', async () => {
    await using opened = openEngine()
    const { engine } = opened
    filled(engine, 3000)
    engine.statistics.reset()
    const query = {
      TableName,
      KeyConditionExpression: 'pk = :p AND sk > :s',
      ExpressionAttributeValues: { ':p': { S: 'p1' }, ':s': { S: '001000' } },
      Limit: 20,
    }
    engine.call('Query', query)
    expect(engine.statistics.of('Query')).toMatchObject({ calls: 1, itemsRead: 20 })
    engine.call('Query', { ...query, Limit: 3, ScanIndexForward: false })
    expect(engine.statistics.of('Query').itemsRead).toBe(23)
    const { pk, sk } = thing(7)
    engine.call('GetItem', { TableName, Key: { pk, sk } })
    expect(engine.statistics.total()).toMatchObject({ calls: 3, itemsRead: 24, itemsWritten: 0 })
    expect(engine.statistics.snapshot()).not.toHaveProperty('Scan')
  })

  test('walks every index by its keys, with or without a start', async () => {
    await using opened = openEngine()
    filled(opened.engine, 10)
    const plans = (sql: string) =>
      opened.db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
    const entry = 'SELECT json FROM ddb_entry WHERE index_id = 1 AND index_hash = 2 AND'
    const order = 'ORDER BY index_range, hash, range LIMIT 5'
    expect(plans(`${entry} (index_range, hash, range) > (1, 2, 3) ${order}`)).toEqual([
      'SEARCH ddb_entry USING INDEX ddb_entry_key (index_id=? AND index_hash=? AND (index_range,hash,range)>(?,?,?))',
    ])
    const item = 'SELECT json FROM ddb_item WHERE table_id = 1 AND hash = 2 AND (range) < (3)'
    expect(plans(`${item} AND range >= 2 ORDER BY range DESC LIMIT 5`)).toEqual([
      'SEARCH ddb_item USING INDEX ddb_item_key (table_id=? AND hash=? AND range>? AND range<?)',
    ])
  })

  test('keeps what it has acknowledged when its process forgets to close', async () => {
    await using opened = openEngine()
    filled(opened.engine, 30)
    opened.engine.call('UpdateTimeToLive', {
      TableName,
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    })
    const db = new DatabaseSync(opened.file)
    const again = new DynamoDbEngine({ db, clock: systemClock })
    expect(again.call('Scan', { TableName, Select: 'COUNT' })).toMatchObject({ Count: 30 })
    expect(again.call('DescribeTimeToLive', { TableName })).toMatchObject({
      TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' },
    })
    db.close()
  })

  test('leaves nothing of a call that fails half way', async () => {
    await using opened = openEngine()
    const { engine } = opened
    filled(engine, 0)
    const requests = [1, 2, 3].map((n) => ({ PutRequest: { Item: thing(n) } }))
    opened.db.exec(
      `CREATE TRIGGER full BEFORE INSERT ON ddb_item WHEN (SELECT count(*) FROM ddb_item) = 2
       BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`,
    )
    const batch = () => engine.call('BatchWriteItem', { RequestItems: { [TableName]: requests } })
    expect(batch).toThrow('the disk is full')
    expect(engine.call('Scan', { TableName })).toMatchObject({ Count: 0 })
    opened.db.exec('DROP TRIGGER full')
    batch()
    expect(engine.call('Scan', { TableName })).toMatchObject({ Count: 3 })
  })

  test('forgets a table that was not created after all', async () => {
    await using opened = openEngine()
    const { engine, db } = opened
    db.exec(`CREATE TRIGGER full BEFORE UPDATE ON ddb_table BEGIN SELECT RAISE(ABORT, 'full'); END`)
    expect(() => engine.call('CreateTable', thingsTable)).toThrow('full')
    db.exec('DROP TRIGGER full')
    expect(engine.call('ListTables', {})).toEqual({ TableNames: [] })
    engine.call('CreateTable', thingsTable)
    expect(() => engine.call('CreateTable', thingsTable)).toThrow('Table already exists: things')
    engine.call('DeleteTable', { TableName })
    expect(() => engine.call('DescribeTable', { TableName })).toThrow(
      'Requested resource not found: Table: things not found',
    )
  })

  test('tells calls apart that share an expression but not its names and values', async () => {
    await using opened = openEngine()
    const { engine } = opened
    filled(engine, 0)
    engine.call('PutItem', { TableName, Item: thing(1, { a: { S: 'x' }, b: { N: '5' } }) })
    const count = (name: string, value: object) => {
      const answer = engine.call('Scan', {
        TableName,
        FilterExpression: '#n = :v',
        ExpressionAttributeNames: { '#n': name },
        ExpressionAttributeValues: { ':v': value },
      })
      return (answer as { Count: number }).Count
    }
    const values = [{ S: 'x' }, { N: '5' }, { S: 'y' }, { N: '5.0' }, { L: [] }]
    expect(values.map((value) => count('a', value))).toEqual([1, 0, 0, 0, 0])
    expect(values.map((value) => count('b', value))).toEqual([0, 1, 0, 1, 0])
    const between = (low: string, high: string) => () =>
      engine.call('Scan', {
        TableName,
        FilterExpression: 'b BETWEEN :low AND :high',
        ExpressionAttributeValues: { ':low': { N: low }, ':high': { N: high } },
      })
    expect(between('1', '9')()).toMatchObject({ Count: 1 })
    expect(between('9', '1')).toThrow('upper bound to be greater than or equal to lower bound')
  })

  test('checks types anew where the same expression meets other values', async () => {
    await using opened = openEngine()
    filled(opened.engine, 0)
    const scan = (value: object) => () =>
      opened.engine.call('Scan', {
        TableName,
        FilterExpression: 'begins_with(a, :v)',
        ExpressionAttributeValues: { ':v': value },
      })
    expect(scan({ S: 'x' })).not.toThrow()
    expect(scan({ N: '1' })).toThrow('Incorrect operand type for operator or function')
    expect(scan({ B: '' })).not.toThrow()
  })

  test('compares texts by their bytes, also beyond the basic plane', async () => {
    await using opened = openEngine()
    filled(opened.engine, 0)
    opened.engine.call('PutItem', { TableName, Item: thing(1, { a: { S: '🙂' } }) })
    const answer = opened.engine.call('Scan', {
      TableName,
      FilterExpression: 'a > :v',
      ExpressionAttributeValues: { ':v': { S: '\uffdb' } },
    })
    expect(answer).toMatchObject({ Count: 1 })
  })

  test('goes back to the settings of a table when a change of them fails', async () => {
    await using opened = openEngine()
    const { engine, db } = opened
    filled(engine, 0)
    engine.call('PutItem', { TableName, Item: thing(1, { expires: { N: '1' } }) })
    db.exec(`CREATE TRIGGER full BEFORE UPDATE ON ddb_item BEGIN SELECT RAISE(ABORT, 'full'); END`)
    const enable = () =>
      engine.call('UpdateTimeToLive', {
        TableName,
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      })
    expect(enable).toThrow('full')
    db.exec('DROP TRIGGER full')
    expect(enable).not.toThrow()
  })

  test('knows the reserved words that dynalite knows', () => {
    const { validateExpressions } = createRequire(import.meta.url)('dynalite/validations') as {
      validateExpressions(data: object): string | undefined
    }
    expect(reservedWords.size).toBe(573)
    const others = ['pk', 'version', 'hello', 'A', 'Statuses', 'timeToLive']
    const known = [...reservedWords, 'status', 'Name', 'ttl', ...others]
    expect(others.filter(isReserved)).toEqual([])
    for (const word of known) {
      const refusal = validateExpressions({ ProjectionExpression: word })
      expect([word, isReserved(word)]).toEqual([word, refusal !== undefined])
    }
  })
})
