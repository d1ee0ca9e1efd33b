import { beforeAll, expect, test } from 'vitest'
import { triggers, type Trigger } from '../../core/contract/cloud.ts'
import { compilePattern } from '../../local/bus/event-pattern.ts'
import { workflowNames } from '../../infra/source-files.ts'
import { idsIn, synthesise, type Templates } from './templates.ts'

let templates: Templates
beforeAll(() => {
  templates = synthesise()
})

interface Rule {
  ScheduleExpression?: string
  EventPattern?: { detail: Record<string, unknown> }
  Targets: { Arn: unknown; DeadLetterConfig?: { Arn: unknown } }[]
}
interface Mapping {
  FunctionName: unknown
  EventSourceArn: unknown
  BatchSize: number
  FilterCriteria: { Filters: { Pattern: string }[] }
  DestinationConfig?: { OnFailure: { Destination: unknown } }
}

const rulesFor = (name: string) =>
  templates
    .of<Rule>('AWS::Events::Rule')
    .filter(({ Targets }) => templates.fileOf(Targets[0]!.Arn) === `functions/triggers/${name}.ts`)

const mappingsFor = (name: string) =>
  templates
    .of<Mapping>('AWS::Lambda::EventSourceMapping')
    .filter((each) => templates.fileOf(each.FunctionName) === `functions/triggers/${name}.ts`)

const isQueue = (arn: unknown) => templates.find(idsIn(arn)[0]!).Type === 'AWS::SQS::Queue'

/** What is deployed to call a function, in the words of the contract. */
const deployed = (name: string): Trigger[] => [
  ...mappingsFor(name).map(({ EventSourceArn, BatchSize }): Trigger => {
    expect(templates.textOf(EventSourceArn)).toMatch(/^<Table\w+\.StreamArn>$/)
    return { on: 'stream', batchSize: BatchSize }
  }),
  ...rulesFor(name).map((rule): Trigger => {
    const [, count, unit] =
      /^rate\((\d+) (minute|hour)s?\)$/.exec(rule.ScheduleExpression ?? '') ?? []
    if (count)
      return { on: 'schedule', everySeconds: Number(count) * (unit === 'hour' ? 3600 : 60) }
    const { stateMachineArn, ...detail } = rule.EventPattern!.detail
    const machines = idsIn(stateMachineArn).map((id) => templates.find(id).Properties)
    expect(machines.map((each) => each['StateMachineName'])).toEqual(workflowNames())
    return { on: 'bus', pattern: { ...rule.EventPattern, detail } }
  }),
]

test.each(Object.entries(triggers))('%s is called as the contract says', (name, trigger) => {
  expect(deployed(name)).toEqual([trigger])
})

test('the stream wakes a function for resources, not for the counters of every request', () => {
  const [{ FilterCriteria } = { FilterCriteria: { Filters: [] } }] = mappingsFor('publish')
  const filters = FilterCriteria.Filters.map(({ Pattern }) => compilePattern(JSON.parse(Pattern)))
  const wakes = (eventName: string, dynamodb: object) =>
    filters.some((matches) => matches({ eventName, dynamodb }))
  const image = (is: string) => ({ pk: { S: 'P' }, is: { S: is } })
  const counter = { pk: { S: 'RATE#k' }, requests: { N: '1' } }
  for (const kind of ['tenant', 'apiKey', 'host', 'vm', 'operation']) {
    expect(wakes('INSERT', { NewImage: image(kind) })).toBe(true)
    expect(wakes('MODIFY', { NewImage: image(kind), OldImage: image(kind) })).toBe(true)
    expect(wakes('REMOVE', { OldImage: image(kind) })).toBe(true)
  }
  for (const other of [counter, image('plain')]) {
    expect(wakes('INSERT', { NewImage: other })).toBe(false)
    expect(wakes('MODIFY', { NewImage: other, OldImage: other })).toBe(false)
    expect(wakes('REMOVE', { OldImage: other })).toBe(false)
  }
})

test('nothing calls a function of triggers/ that the contract does not name', () => {
  const mapped = templates.of<Mapping>('AWS::Lambda::EventSourceMapping')
  const rules = templates.of<Rule>('AWS::Events::Rule')
  expect(mapped.length + rules.length).toBe(Object.keys(triggers).length)
})

test('what could not be delivered lies in a queue, on every path that nobody waits for', () => {
  for (const { DestinationConfig } of templates.of<Mapping>('AWS::Lambda::EventSourceMapping'))
    expect(isQueue(DestinationConfig!.OnFailure.Destination)).toBe(true)
  for (const { Targets } of templates.of<Rule>('AWS::Events::Rule'))
    expect(isQueue(Targets[0]!.DeadLetterConfig!.Arn)).toBe(true)
  const invoked = templates.of<Mapping>('AWS::Lambda::EventInvokeConfig')
  const configured = invoked.map(({ FunctionName, DestinationConfig }) => {
    expect(isQueue(DestinationConfig!.OnFailure.Destination)).toBe(true)
    return templates.fileOf(FunctionName)
  })
  const called = templates.of<Rule>('AWS::Events::Rule').map((each) => each.Targets[0]!.Arn)
  expect(configured.toSorted()).toEqual(called.map((arn) => templates.fileOf(arn)).toSorted())
})
