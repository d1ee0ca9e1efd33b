/**
 * One file of statemachines/ as a state machine, called by the file's name, because functions find it by that name (an
 * ARN handed to them would make functions and machines wait for each other). Logs tell every state but no data.
 */
import { RemovalPolicy, Stack } from 'aws-cdk-lib'
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { acknowledgeWildcard } from './acknowledge.ts'
import type { BundledFunction } from './function.ts'
import { pascalCase, type FunctionName } from '../core/contract/function-name.ts'
import { readWorkflow } from './source-files.ts'

export interface WorkflowProps {
  name: string
  functions: ReadonlyMap<FunctionName, BundledFunction>
}

export class Workflow extends Construct {
  readonly machine: StateMachine

  constructor(scope: Construct, { name, functions }: WorkflowProps) {
    super(scope, pascalCase(`${name}-workflow`))
    const { text, steps } = readWorkflow(name)
    const called = [...steps].map(([placeholder, step]) => {
      const { lambda } = functions.get(step)!
      return { placeholder, lambda }
    })
    const log = new LogGroup(this, 'Log', {
      // The prefix keeps deliveries out of the account's one resource policy, which has a size.
      logGroupName: `/aws/vendedlogs/states/${Stack.of(this).stackName}/${name}`,
      retention: RetentionDays.THREE_MONTHS,
      // A name would stand in the way of the next deployment; histories outlive the machine by 90 days.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: name,
      definitionBody: DefinitionBody.fromString(text),
      definitionSubstitutions: Object.fromEntries(
        called.map(({ placeholder, lambda }) => [placeholder, lambda.functionArn]),
      ),
      logs: { destination: log, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    })
    this.machine.addToRolePolicy(
      new PolicyStatement({
        sid: 'InvokeSteps',
        effect: Effect.ALLOW,
        actions: ['lambda:InvokeFunction'],
        resources: called.map(({ lambda }) => lambda.functionArn),
      }),
    )
    const reason = 'deliveries of logs and traces take no other resource'
    acknowledgeWildcard(this.machine, '*', reason)
  }
}
