/** The DynamoDBs the suite knows: ours in the process, ours over HTTP, dynalite, and one by address. */
import { createRequire } from 'node:module'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { systemClock } from '../../core/clock.ts'
import { DynamoDbEngine, type DynamoDbEngineOptions } from '../../local/dynamodb/engine.ts'
import { serveDynamoDb } from '../../local/dynamodb/http.ts'
import { dynamoDbRequestHandler } from '../../local/dynamodb/request-handler.ts'
import type { Subject } from './dynamodb-subject.ts'

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

export function clientFor(config: DynamoDBClientConfig): DynamoDBClient {
  return new DynamoDBClient({ region: 'us-east-1', credentials, ...config })
}

export interface OpenedEngine extends AsyncDisposable {
  engine: DynamoDbEngine
  client: DynamoDBClient
  file: string
  db: DatabaseSync
}

/** An engine on a database file of its own, which vanishes with it. */
export function openEngine(options: Partial<DynamoDbEngineOptions> = {}): OpenedEngine {
  const directory = mkdtempSync(join(tmpdir(), 'novacron-dynamodb-'))
  const file = join(directory, 'test.sqlite')
  const db = new DatabaseSync(file)
  // Nobody pulls the plug on a test: only durability.test.ts needs to wait for the disk.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  const engine = new DynamoDbEngine({ db, clock: systemClock, ...options })
  const client = clientFor({ requestHandler: dynamoDbRequestHandler(engine) })
  return {
    engine,
    client,
    file,
    db,
    async [Symbol.asyncDispose]() {
      client.destroy()
      await engine.close()
      db.close()
      rmSync(directory, { recursive: true })
    },
  }
}

export const embedded: Subject = {
  name: 'embedded',
  lacks: {},
  async open() {
    const opened = openEngine()
    return { client: opened.client, close: async () => opened[Symbol.asyncDispose]() }
  },
}

export const embeddedOverHttp: Subject = {
  name: 'embedded over HTTP',
  lacks: {},
  async open() {
    const opened = openEngine()
    const endpoint = await serveDynamoDb(opened.engine)
    const client = clientFor({ endpoint: endpoint.url })
    const close = async () => {
      client.destroy()
      await endpoint.close()
      await opened[Symbol.asyncDispose]()
    }
    return { client, close }
  },
}

export const dynalite: Subject = {
  name: 'dynalite 4.0.0',
  lacks: {
    transactions:
      'it answers TransactWriteItems and TransactGetItems with UnknownOperationException',
    'the item of a failed condition': 'it ignores ReturnValuesOnConditionCheckFailure',
    'comparing whole documents': 'it compares lists and maps by identity, so none equals another',
    'equality of absent attributes': 'it takes two absent attributes for equal',
    'removing several list elements':
      'it removes one after the other, so that later indices have moved',
    'order comparisons of documents refused': 'its grammar does not check them',
    'indexes that do not project an attribute': 'it does not check projections against the index',
  },
  async open() {
    const start = createRequire(import.meta.url)('dynalite') as (options: object) => Server
    const server = start({ createTableMs: 0, deleteTableMs: 0 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = clientFor({ endpoint: `http://127.0.0.1:${port}` })
    const close = () => {
      client.destroy()
      return new Promise<void>((resolve) => void server.close(() => resolve()))
    }
    return { client, close }
  },
}

/** LocalStack, MiniStack or a real account, where somebody says so. */
export function endpointAt(address: string): Subject {
  return {
    name: `the endpoint ${address}`,
    lacks: {},
    async open() {
      const client = clientFor({ endpoint: address })
      return { client, close: async () => client.destroy() }
    },
  }
}
