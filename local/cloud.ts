/**
 * The embedded cloud: the services that functions use on AWS, in this process, on one data directory, in front of
 * the functions themselves. Opened in the order in which they need each other and closed in the opposite one. One
 * per process, because functions find their clients where a Lambda finds them: once, for everybody.
 */
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { triggers, type Trigger } from '../core/contract/cloud.ts'
import { serveAtHome } from '../functions/aws/clients.ts'
import { keepTimeBy } from '../functions/aws/clock.ts'
import { writeLogTo } from '../functions/aws/log.ts'
import { forgetSealingKey } from '../functions/aws/page-token.ts'
import type { Adversity } from './adversity.ts'
import { Bus } from './bus/bus.ts'
import { openDataDirectory, type DataDirectory } from './data-directory.ts'
import { DynamoDbEngine } from './dynamodb/engine.ts'
import { dynamoDbRequestHandler } from './dynamodb/request-handler.ts'
import { setFunctionEnvironment, tableName } from './environment.ts'
import { makeFirstKey } from './first-key.ts'
import { openFunctionLog } from './function-log.ts'
import { prepareGateway } from './gateway/gateway.ts'
import { giveTime } from './give-time.ts'
import { openKeys } from './keys.ts'
import { unkind } from './lambda/adversity.ts'
import { findFunctions, stepSubstitutions } from './lambda/functions.ts'
import { invokeForSteps, FunctionRuntime } from './lambda/runtime.ts'
import type { Log } from './log.ts'
import { Schedules } from './schedules.ts'
import { StepFunctionsEngine } from './step-functions/engine.ts'
import { requestHandler } from './step-functions/request-handler.ts'
import { makeTable } from './table.ts'
import { defineWorkflows } from './workflows.ts'

export interface CloudOptions {
  home: string
  /** 0 is any free port. */
  port: number
  clock: Clock
  random: () => number
  adversity?: Adversity
  log: Log
}

export interface Cloud {
  readonly url: string
  readonly directory: DataDirectory
  readonly adminKeyFile: string
  readonly dynamodb: DynamoDbEngine
  readonly stepFunctions: StepFunctionsEngine
  readonly bus: Bus
  /** Stops accepting, lets what is under way end for so long, and lets go of everything. */
  close(graceMs?: number): Promise<void>
}

const workflowsDirectory = join(import.meta.dirname, '../statemachines')
let running = false

export async function startCloud(options: CloudOptions): Promise<Cloud> {
  if (running) throw new Error('There is one embedded cloud per process, and one is running')
  running = true
  const undo: (() => unknown)[] = [() => (running = false)]
  try {
    return await compose(options, undo)
  } catch (error) {
    for (const step of undo.toReversed()) await step()
    throw error
  }
}

/** Each step that holds something leaves in `undo` how it is let go, should a later one fail. */
async function compose(options: CloudOptions, undo: (() => unknown)[]): Promise<Cloud> {
  const { home, port, clock, random, adversity, log } = options
  const unkindly = adversity && { adversity }
  const directory = openDataDirectory(home)
  undo.push(() => directory.close())
  const functionLog = openFunctionLog(directory.file('functions.log'), clock)
  undo.push(() => functionLog.close())
  const db = directory.database
  const functions = findFunctions()
  const runtime = new FunctionRuntime({ functions, clock })
  const invoke = (name: string, event: unknown) => runtime.invoke(name, event)
  const called = triggersOf(unkind(invoke, adversity))

  const dynamodb = new DynamoDbEngine({ db, clock, random, ...unkindly })
  makeTable(dynamodb, tableName)
  const bus = new Bus({ db, clock, log, invoke: called.invoke, rules: called.rules })
  const stepFunctions = new StepFunctionsEngine({
    db,
    clock,
    random,
    invoke: invokeForSteps(runtime),
    onStatusChange: async (event) => bus.put(event),
    ...unkindly,
  })
  defineWorkflows(stepFunctions, workflowsDirectory, stepSubstitutions(functions))
  const schedules = new Schedules({
    db,
    clock,
    log,
    invoke: called.invoke,
    everySeconds: called.everySeconds,
  })
  const gateway = prepareGateway({ port, invoke, clock, log })

  setFunctionEnvironment()
  forgetSealingKey()
  writeLogTo((_, line) => functionLog.write(line))
  keepTimeBy(clock)
  serveAtHome({
    dynamodb: dynamoDbRequestHandler(dynamodb) as never,
    stepFunctions: requestHandler(stepFunctions) as never,
    keys: openKeys(directory.file('kms.key'), directory.path),
    sockets: gateway.connections,
  })
  undo.push(() => {
    serveAtHome(undefined)
    keepTimeBy()
  })
  const adminKeyFile = directory.file('admin.key')
  await makeFirstKey(adminKeyFile, directory.path, clock.now())

  const { url, close: closeGateway } = await gateway.open()
  for (const { name, batchSize } of called.streams)
    dynamodb.stream(tableName, name, (event) => called.invoke(name, event) as Promise<void>, {
      batchSize,
      parked: (_, error) => log('stream.parked', { function: name, error: String(error) }),
    })
  const sweeping = new AbortController()
  const swept = dynamodb.keepSweeping(sweeping.signal)
  stepFunctions.start()
  bus.start()
  schedules.start()
  directory.announce({ url, pid: process.pid })

  const close = async (graceMs = 1_000) => {
    await closeGateway(graceMs)
    sweeping.abort()
    await stepFunctions.close()
    const rest = [schedules.close(), bus.close(), dynamodb.close(), swept, runtime.idle()]
    await giveTime(clock, graceMs, Promise.all(rest))
    for (const step of undo.toReversed()) await step()
  }
  return { url, directory, adminKeyFile, dynamodb, stepFunctions, bus, close }
}

/** The triggers by what calls them, each under the name of its function. */
function triggersOf(invoke: (name: string, event: unknown) => Promise<unknown>) {
  const all = Object.entries<Trigger>(triggers).map(([file, trigger]) => ({
    name: `triggers/${file}`,
    trigger,
  }))
  return {
    invoke,
    streams: all.flatMap(({ name, trigger }) =>
      trigger.on === 'stream' ? [{ name, batchSize: trigger.batchSize }] : [],
    ),
    everySeconds: Object.fromEntries(
      all.flatMap(({ name, trigger }) =>
        trigger.on === 'schedule' ? [[name, trigger.everySeconds]] : [],
      ),
    ),
    rules: Object.fromEntries(
      all.flatMap(({ name, trigger }) => (trigger.on === 'bus' ? [[name, trigger.pattern]] : [])),
    ),
  }
}
