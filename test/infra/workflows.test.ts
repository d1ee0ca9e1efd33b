import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import validate from 'asl-validator'
import { beforeAll, describe, expect, test } from 'vitest'
import { pascalCase } from '../../core/contract/function-name.ts'
import { root, workflowNames } from '../../infra/source-files.ts'
import { synthesise, type Templates } from './templates.ts'

let templates: Templates
beforeAll(() => {
  templates = synthesise()
})

interface Machine {
  StateMachineName: string
  DefinitionString: string
  DefinitionSubstitutions: Record<string, unknown>
  LoggingConfiguration: { Level: string; IncludeExecutionData: boolean }
  TracingConfiguration: { Enabled: boolean }
}
interface State {
  Type: string
  TimeoutSeconds?: number
  HeartbeatSeconds?: number
  Resource?: string
  Branches?: { States: Record<string, State> }[]
  ItemProcessor?: { States: Record<string, State> }
}

const machineOf = (name: string) =>
  templates
    .of<Machine>('AWS::StepFunctions::StateMachine')
    .find((each) => each.StateMachineName === name)!

const fileOf = (name: string) =>
  JSON.parse(readFileSync(join(root, 'statemachines', `${name}.asl.json`), 'utf8')) as {
    States: Record<string, State>
  }

const statesIn = (states: Record<string, State>): [string, State][] =>
  Object.entries(states).flatMap(([name, state]) => [
    [name, state],
    ...[...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])].flatMap(
      (inner) => statesIn(inner.States),
    ),
  ])

test('every file of statemachines/ is a state machine of its name, and nothing else is one', () => {
  const machines = templates.of<Machine>('AWS::StepFunctions::StateMachine')
  expect(machines.map((each) => each.StateMachineName).toSorted()).toEqual(workflowNames())
})

describe.each(workflowNames())('%s', (name) => {
  test('is deployed as it stands in its file', () => {
    expect(JSON.parse(machineOf(name).DefinitionString)).toEqual(fileOf(name))
  })

  test('calls for each placeholder the step of that name', () => {
    const { DefinitionString, DefinitionSubstitutions } = machineOf(name)
    const named = [...DefinitionString.matchAll(/\$\{(\w+)\}/g)].map(
      ([, placeholder]) => placeholder!,
    )
    expect(Object.keys(DefinitionSubstitutions).toSorted()).toEqual([...new Set(named)].toSorted())
    for (const [placeholder, target] of Object.entries(DefinitionSubstitutions)) {
      const file = templates.fileOf(target).slice('functions/steps/'.length, -'.ts'.length)
      expect(pascalCase(file)).toBe(placeholder)
    }
  })

  test('is a definition that AWS would take', () => {
    const arn = (placeholder: string) =>
      `arn:aws:lambda:eu-central-1:123456789012:function:${placeholder}`
    const text = machineOf(name).DefinitionString.replace(/\$\{(\w+)\}/g, (_, step: string) =>
      arn(step),
    )
    const { isValid, errorsText } = validate(JSON.parse(text) as object)
    expect(isValid, `${errorsText()}`).toBe(true)
  })

  test('waits for nothing without an end', () => {
    const tasks = statesIn(fileOf(name).States).filter(([, { Type }]) => Type === 'Task')
    const isCallback = ({ Resource }: State) => Resource!.endsWith('.waitForTaskToken')
    for (const [state, task] of tasks) expect(task.TimeoutSeconds, `${state}`).toBeGreaterThan(0)
    for (const [state, task] of tasks.filter(([, each]) => isCallback(each)))
      expect(task.HeartbeatSeconds, `${state}`).toBeGreaterThan(0)
  })

  test('logs every state, and no data', () => {
    const { LoggingConfiguration, TracingConfiguration } = machineOf(name)
    expect(LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false })
    expect(TracingConfiguration).toEqual({ Enabled: true })
  })
})

test('functions find the state machines by the name of their file', () => {
  for (const each of templates.of<{ Environment: { Variables: Record<string, unknown> } }>(
    'AWS::Lambda::Function',
  ))
    expect(templates.textOf(each.Environment.Variables['STATE_MACHINE_ARN_PREFIX'])).toBe(
      'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:',
    )
})
