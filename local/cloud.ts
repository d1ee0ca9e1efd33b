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
import { openDataDirectory, storageFailure, type DataDirectory } from './data-directory.ts'
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
import { troubles } from './storage-trouble.ts'
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
  try {
    return await open(options)
  } catch (error) {
    throw storageFailure(error, options.home)
  }
}

async function open(options: CloudOptions): Promise<Cloud> {
  if (running) throw new Error('There is one embedded cloud per process, and one is running')
  const { home, port, clock, log } = options
  // Whatever is deferred here ends what was opened just before it, in the opposite order, also if a later step fails.
  await using opened = new AsyncDisposableStack()
  let grace = 0
  running = true
  opened.defer(() => void (running = false))
  const directory = openDataDirectory(home)
  opened.defer(() => directory.close())
  const functions = findFunctions()
  const runtime = new FunctionRuntime({ functions, clock })
  const gateway = prepareGateway({ port, invoke: runtime.invoke, clock, log })
  const services = openServices(options, directory, runtime, stepSubstitutions(functions))
  const { dynamodb, stepFunctions, bus } = services

  const functionLog = openFunctionLog(directory.file('functions.log'), clock)
  opened.defer(() => functionLog.close())
  setFunctionEnvironment()
  forgetSealingKey()
  writeLogTo((_, line) => functionLog.write(line))
  keepTimeBy(clock)
  opened.defer(() => keepTimeBy())
  serveAtHome({
    dynamodb: dynamoDbRequestHandler(dynamodb) as never,
    stepFunctions: requestHandler(stepFunctions) as never,
    keys: openKeys(directory.file('kms.key'), directory.path),
    sockets: gateway.connections,
  })
  opened.defer(() => serveAtHome(undefined))
  const adminKeyFile = directory.file('admin.key')
  await makeFirstKey(adminKeyFile, directory.path, clock.now())

  opened.defer(async () => {
    await giveTime(clock, grace, Promise.all([services.close(), runtime.idle()]))
  })
  const { url, close: closeGateway } = await gateway.open()
  opened.defer(() => closeGateway(grace))
  services.start()
  directory.announce({ url, pid: process.pid })

  const held = opened.move()
  const close = async (graceMs = 1_000) => {
    grace = graceMs
    await held.disposeAsync()
  }
  return { url, directory, adminKeyFile, dynamodb, stepFunctions, bus, close }
}

/** What works by itself, behind the gateway: nothing of it moves before `start`. */
function openServices(
  { clock, random, adversity, log }: CloudOptions,
  directory: DataDirectory,
  runtime: FunctionRuntime,
  substitutions: Record<string, string>,
) {
  const db = directory.database
  const unkindly = adversity && { adversity }
  const { rules, everySeconds, streams } = triggersByKind()
  const invoke = unkind(runtime.invoke, adversity)
  const dynamodb = new DynamoDbEngine({ db, clock, random, ...unkindly })
  makeTable(dynamodb, tableName)
  const bus = new Bus({ db, clock, log, invoke, rules })
  const stepFunctions = new StepFunctionsEngine({
    db,
    clock,
    random,
    invoke: invokeForSteps(runtime),
    onStatusChange: async (event) => bus.put(event),
    ...unkindly,
  })
  defineWorkflows(stepFunctions, workflowsDirectory, substitutions)
  const schedules = new Schedules({ db, clock, log, invoke, everySeconds })
  const ended = new AbortController()
  let sweeping = Promise.resolve()
  const start = () => {
    for (const { name, batchSize } of streams)
      dynamodb.stream(tableName, name, (event) => invoke(name, event) as Promise<void>, {
        batchSize,
        parked: (_, error) => log('stream.parked', { function: name, error: String(error) }),
      })
    sweeping = dynamodb.keepSweeping(ended.signal, undefined, troubles(log, 'sweep'))
    stepFunctions.start()
    bus.start()
    schedules.start()
  }
  const close = async () => {
    ended.abort()
    await stepFunctions.close()
    await Promise.all([schedules.close(), bus.close(), dynamodb.close(), sweeping])
  }
  return { dynamodb, stepFunctions, bus, start, close }
}

/** The triggers by what calls them, each under the name of its function. */
function triggersByKind() {
  const all = Object.entries<Trigger>(triggers).map(([file, trigger]) => ({
    name: `triggers/${file}`,
    trigger,
  }))
  const streams = all.flatMap(({ name, trigger }) =>
    trigger.on === 'stream' ? [{ name, batchSize: trigger.batchSize }] : [],
  )
  const schedules = all.flatMap(({ name, trigger }) =>
    trigger.on === 'schedule' ? [[name, trigger.everySeconds] as const] : [],
  )
  const rules = all.flatMap(({ name, trigger }) =>
    trigger.on === 'bus' ? [[name, trigger.pattern] as const] : [],
  )
  return {
    streams,
    everySeconds: Object.fromEntries(schedules),
    rules: Object.fromEntries(rules),
  }
}
