/**
 * One file of functions/ as a Lambda function: its bundle, its log, and a role of its own that may do what permissions.ts
 * says and write that log.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  Effect,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { join } from 'node:path'
import { functionTimeoutSeconds } from '../core/contract/cloud.ts'
import { acknowledgeWildcard } from './acknowledge.ts'
import { permissions } from './permissions.ts'
import { pascalCase, type FunctionName } from '../core/contract/function-name.ts'
import { functionFile } from './source-files.ts'
import { statementsFor, type Resources } from './statements.ts'

export interface BundledFunctionProps {
  name: FunctionName
  /** Where the bundles lie. */
  bundles: string
  environment: Record<string, string>
  resources: Resources
}

export class BundledFunction extends Construct {
  readonly lambda: Lambda

  constructor(scope: Construct, { name, bundles, environment, resources }: BundledFunctionProps) {
    super(scope, pascalCase(name))
    const may = permissions[name]
    if (!may) throw new Error(`infra/permissions.ts does not say what ${name} may do: add its line`)
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.THREE_MONTHS,
      // A log is asked after an accident, which may have taken the stack.
      removalPolicy: RemovalPolicy.RETAIN,
    })
    const writeLog = new PolicyStatement({
      sid: 'WriteLog',
      effect: Effect.ALLOW,
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    })
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        Permissions: new PolicyDocument({
          statements: [writeLog, ...statementsFor(may, resources)],
        }),
      },
    })
    this.lambda = new Lambda(this, 'Function', {
      description: functionFile(name),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(bundles, name), { exclude: ['*.map'] }),
      handler: 'index.handler',
      timeout: Duration.seconds(functionTimeoutSeconds),
      memorySize: 512,
      environment,
      role,
      logGroup,
    })
    if (may.rings)
      acknowledgeWildcard(role, resources.connections, 'connections are named when they open')
  }
}
