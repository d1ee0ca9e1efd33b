/**
 * What may be rebuilt: functions, workflows, the two gates and what calls the rest. It is put together from the route
 * table, the triggers and the files in functions/ and statemachines/, so that a new file needs no line here.
 */
import { ArnFormat, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { triggers, type Trigger } from '../core/contract/cloud.ts'
import { BundledFunction } from './function.ts'
import { HttpGate } from './http-gate.ts'
import { SocketGate } from './socket-gate.ts'
import type { FunctionName } from '../core/contract/function-name.ts'
import { functionNames, productVersion, workflowNames } from './source-files.ts'
import type { StateStack } from './state-stack.ts'
import type { Resources } from './statements.ts'
import { Triggering } from './trigger.ts'
import { Workflow } from './workflow.ts'

export interface ControlPlaneProps extends StackProps {
  state: StateStack
  bundles: string
}

type Functions = ReadonlyMap<FunctionName, BundledFunction>

export class ControlPlaneStack extends Stack {
  constructor(scope: Construct, id: string, { state, bundles, ...props }: ControlPlaneProps) {
    super(scope, id, props)
    const socket = new SocketGate(this)
    const functions = this.#functions(state, socket, bundles)
    const workflows = workflowNames().map((name) => new Workflow(this, { name, functions }))
    new HttpGate(this, functions)
    socket.open(functions)
    for (const [name, trigger] of Object.entries<Trigger>(triggers))
      new Triggering(this, {
        name,
        trigger,
        target: functions.get(`triggers/${name}`)!,
        table: state.table,
        workflows: workflows.map(({ machine }) => machine.stateMachineArn),
      })
  }

  #functions({ table, tableKey, sealingKey }: StateStack, socket: SocketGate, bundles: string) {
    const environment = {
      TABLE_NAME: table.tableName,
      KEY_ID: sealingKey.keyArn,
      STATE_MACHINE_ARN_PREFIX: this.#workflowArn(''),
      SOCKET_ENDPOINT: socket.endpoint,
      NOVACRON_VERSION: productVersion(),
    }
    const resources: Resources = {
      table: table.tableArn,
      tableKey: tableKey.keyArn,
      sealingKey: sealingKey.keyArn,
      workflow: (name) => this.#workflowArn(name),
      everyWorkflow: workflowNames().map((name) => this.#workflowArn(name)),
      connections: socket.connections,
    }
    const functions: Functions = new Map(
      functionNames().map((name) => [
        name,
        new BundledFunction(this, { name, bundles, environment, resources }),
      ]),
    )
    return functions
  }

  #workflowArn(name: string) {
    return this.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    })
  }
}
