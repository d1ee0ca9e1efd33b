/**
 * The product on a stage of its own: the real functions on the real DynamoDB and Step Functions of the embedded cloud,
 * on a real SQLite file. Time stands still until a test lets it pass; the functions behind a state suffer the faults
 * that the test names; and the process can die and come back on the same file.
 */
import { copyFileSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { ManualClock } from '../../core/clock.ts'
import { triggers } from '../../core/contract/cloud.ts'
import type { Ownership } from '../../core/ownership.ts'
import { serveAtHome, type Service } from '../../functions/aws/clients.ts'
import { keepTimeBy } from '../../functions/aws/clock.ts'
import { writeLogTo } from '../../functions/aws/log.ts'
import { Bus } from '../../local/bus/bus.ts'
import { DynamoDbEngine } from '../../local/dynamodb/engine.ts'
import { dynamoDbRequestHandler } from '../../local/dynamodb/request-handler.ts'
import { setFunctionEnvironment, tableName } from '../../local/environment.ts'
import { matchRoute } from '../../local/gateway/match-route.ts'
import { findFunctions, stepSubstitutions } from '../../local/lambda/functions.ts'
import { FunctionRuntime, invokeForSteps } from '../../local/lambda/runtime.ts'
import { silent } from '../../local/log.ts'
import { executionArn } from '../../local/step-functions/arns.ts'
import { StepFunctionsEngine } from '../../local/step-functions/engine.ts'
import { requestHandler } from '../../local/step-functions/request-handler.ts'
import { transcript } from '../../local/step-functions/transcript.ts'
import { makeTable } from '../../local/table.ts'
import type { Adversity } from '../../local/adversity.ts'
import { never, sufferFrom, type Fault, type Late, type Platform } from './fault.ts'
import { machines, withCallersNamed } from './machines.ts'
import { everyItem, ownershipsIn, type Stored } from './stored.ts'

export interface StageOptions {
  file: string
  /** A file to begin with a copy of. */
  from?: string
  now?: number
  /** Definitions instead of those in statemachines/. */
  definitions?: Record<string, object>
  adversity?: Adversity
}

interface LateAct {
  when: Late
  state: string
  act: () => Promise<unknown>
}

/** What happens to a call of the workflow service on its way there, or on its way back. */
export type CallFault = 'refused' | 'answer lost'

const functions = findFunctions()
/** Longer than any workflow lasts; whoever still waits then waits for ever. */
const longestMs = 24 * 3_600_000

export class Stage {
  readonly clock: ManualClock
  /** What was seen that must not be. */
  readonly violations: string[] = []
  readonly faults: Fault[] = []
  readonly callFaults: { operation: string; fault: CallFault; times: number }[] = []
  /** Rung when a message is posted to a connection. */
  readonly bells = new Map<string, () => void>()
  readonly #options: StageOptions
  readonly #runtime: FunctionRuntime
  #db!: DatabaseSync
  #dynamodb!: DynamoDbEngine
  #stepFunctions!: StepFunctionsEngine
  #bus!: Bus
  #underWay = 0
  #dead = false
  #later: LateAct[] = []

  constructor(options: StageOptions) {
    this.#options = options
    this.clock = new ManualClock(options.now)
    this.#runtime = new FunctionRuntime({ functions, clock: this.clock })
    if (options.from !== undefined) copyFileSync(options.from, options.file)
    setFunctionEnvironment()
    keepTimeBy(this.clock)
    writeLogTo(() => {})
    this.#open()
  }

  get file(): string {
    return this.#options.file
  }

  get db(): DatabaseSync {
    return this.#db
  }

  /** An API call of Step Functions, as a person at its console makes it. */
  workflows(operation: string, input: object): Promise<object> {
    return this.#stepFunctions.call(operation, input)
  }

  /** Runs a function as Lambda would. */
  run(name: string, event: unknown): Promise<unknown> {
    return this.#track(() => this.#runtime.invoke(name, event))
  }

  /** An HTTP request, as the gateway hands it to its function. */
  async request(method: string, path: string, headers: Record<string, string>, body?: unknown) {
    while (this.#dead) await setImmediate()
    const { function: name, routeKey, pathParameters } = matchRoute(method, path)
    const answer = await this.run(name, {
      version: '2.0',
      routeKey,
      rawPath: path,
      rawQueryString: '',
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      pathParameters,
      requestContext: { domainName: 'test', http: { method, path } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      isBase64Encoded: false,
    })
    const { statusCode, body: text = '' } = answer as { statusCode: number; body?: string }
    return { status: statusCode, body: (text === '' ? null : JSON.parse(text)) as unknown }
  }

  stored(): Stored[] {
    return everyItem(this.#dynamodb, tableName)
  }

  ownerOf(vmId: string): Ownership | undefined {
    return ownershipsIn(this.stored()).find((ownership) => ownership.vmId === vmId)
  }

  transcript(machine: string, name: string): string {
    return transcript(this.#db, executionArn(machine, name), { times: true })
  }

  /** Waits until only time or the outside can change anything. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      await setImmediate()
      quiet = this.#underWay === 0 ? quiet + 1 : 0
    }
    if (!this.#dead) return
    await this.#close()
    this.#dead = false
    this.#open()
    await this.settle()
  }

  /** Lets so much time pass, from one deadline to the next. */
  async pass(ms: number): Promise<void> {
    await this.settle()
    const end = this.clock.now() + ms
    for (let next = this.clock.nextIn(); next !== undefined; next = this.clock.nextIn()) {
      if (this.clock.now() + next > end) break
      await this.clock.advance(next)
      await this.settle()
    }
    await this.clock.advance(end - this.clock.now())
    await this.settle()
  }

  /** Lets time pass until nobody waits for anything any more, or what is waited for has come. */
  async rest(until: () => boolean = () => false): Promise<void> {
    const end = this.clock.now() + longestMs
    await this.settle()
    for (let next = this.clock.nextIn(); next !== undefined; next = this.clock.nextIn()) {
      if (until()) return
      if (this.clock.now() > end) throw new Error('somebody waits for ever')
      await this.clock.advance(next)
      await this.settle()
    }
    if (await this.#actLate()) await this.rest(until)
  }

  /** The process is killed and started again. */
  async die(): Promise<void> {
    this.#dead = true
    await this.settle()
  }

  async close(): Promise<void> {
    await this.#close()
    serveAtHome(undefined)
    keepTimeBy()
    for (const suffix of ['', '-wal', '-shm']) rmSync(this.#options.file + suffix, { force: true })
  }

  /** Closes the file so that it can be copied. */
  async seal(): Promise<void> {
    await this.#close()
    serveAtHome(undefined)
  }

  #open(): void {
    const { clock } = this
    const db = new DatabaseSync(this.#options.file)
    // Processes die here, machines do not: nothing has to reach the disk.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
    const random = () => 0.5
    const { adversity } = this.#options
    const unkindly = adversity && { adversity }
    this.#db = db
    this.#dynamodb = new DynamoDbEngine({ db, clock, random, ...unkindly })
    makeTable(this.#dynamodb, tableName)
    const { pattern } = triggers['settle-execution']
    this.#bus = new Bus({
      db,
      clock,
      log: silent,
      invoke: (name, event) => this.run(name, event),
      rules: { 'triggers/settle-execution': pattern },
    })
    this.#stepFunctions = new StepFunctionsEngine({
      db,
      clock,
      random,
      invoke: (target, payload) => this.#invoke(target, payload),
      onStatusChange: async (event) => this.#bus.put(event),
      ...unkindly,
    })
    const written = Object.fromEntries(machines.map(({ name, definition }) => [name, definition]))
    const substitutions = stepSubstitutions(functions)
    for (const [name, definition] of Object.entries({ ...written, ...this.#options.definitions }))
      this.#stepFunctions.define(name, withCallersNamed(definition), substitutions)
    serveAtHome({
      dynamodb: dynamoDbRequestHandler(this.#dynamodb) as never,
      stepFunctions: this.#unkind(requestHandler(this.#stepFunctions) as never),
      keys: { handle: () => Promise.reject(new Error('no workflow needs a key')) },
      sockets: { handle: (request) => this.#ring(request as { path: string }) },
    })
    this.#stepFunctions.start()
    this.#bus.start()
  }

  async #close(): Promise<void> {
    await this.#stepFunctions.close()
    await this.#bus.close()
    await this.#dynamodb.close()
    this.#db.close()
  }

  /** A state calls its function: `<state> <function>`. */
  async #invoke(target: string, payload: unknown): Promise<unknown> {
    if (this.#dead) return never()
    const [state = '', name = ''] = target.split(' ')
    const act = () => this.#track(() => invokeForSteps(this.#runtime)(name, payload))
    const fault = this.faults.find((each) => each.state === state && each.times > 0)
    if (fault) {
      fault.times -= 1
      fault.suffered = true
      return sufferFrom(fault, act, this.#platform(state))
    }
    const answer = await act()
    await this.#actLate((late) => late.when === 'a step later' && late.state !== state)
    return answer
  }

  #platform(state: string): Platform {
    return {
      later: (when, act) => {
        if (when !== 'a minute later') this.#later.push({ when, state, act })
        else
          void this.clock
            .sleep(60_000)
            .then(act)
            .catch(() => {})
      },
      die: () => void (this.#dead = true),
    }
  }

  /** Lets those act whose answer was given up; says whether there were any. */
  async #actLate(isDue: (late: LateAct) => boolean = () => true): Promise<boolean> {
    const due = this.#later.filter(isDue)
    this.#later = this.#later.filter((late) => !due.includes(late))
    for (const { act } of due) await act().catch(() => {})
    return due.length > 0
  }

  #unkind(service: Service): Service {
    return {
      handle: async (request, options) => {
        const target = (request as { headers: Record<string, string> }).headers['x-amz-target']
        const operation = target?.split('.')[1]
        const struck = this.callFaults.find((f) => f.operation === operation && f.times > 0)
        if (struck) struck.times -= 1
        if (struck?.fault === 'refused') return unavailable
        const answer = await service.handle(request, options)
        return struck ? unavailable : answer
      },
    }
  }

  async #ring({ path }: { path: string }) {
    const rung = this.bells.get(decodeURIComponent(path.split('/').at(-1) ?? ''))
    if (rung) rung()
    return { response: { statusCode: rung ? 200 : 410, headers: {} } }
  }

  async #track<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1
    try {
      return await work()
    } finally {
      this.#underWay -= 1
    }
  }
}

/** Refused for good, so that the SDK does not try again by itself. */
const unavailable = {
  response: {
    statusCode: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify({ __type: 'AccessDeniedException', message: 'on purpose' })),
  },
}
