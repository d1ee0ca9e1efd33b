/**
 * How the cloud calls a function of functions/triggers/: for the table's stream, every so often, or when the bus tells of
 * our workflows. What could not be delivered after all attempts lies in a queue of the trigger's own.
 */
import { Duration } from 'aws-cdk-lib'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Trigger } from '../core/contract/cloud.ts'
import { acknowledge } from './acknowledge.ts'
import type { BundledFunction } from './function.ts'
import { pascalCase } from '../core/contract/function-name.ts'

export interface TriggeringProps {
  name: string
  trigger: Trigger
  target: BundledFunction
  table: Table
  /** ARNs of the workflows whose fate the bus may tell. */
  workflows: readonly string[]
}

type Props<On extends Trigger['on']> = TriggeringProps & { trigger: Trigger & { on: On } }

/** Counters and marks change with every request; a function that tells of resources need not wake for them. */
const ofResources = { is: { S: FilterRule.notEquals('plain') } }
const changesOfResources = [
  FilterCriteria.filter({ dynamodb: { NewImage: ofResources } }),
  FilterCriteria.filter({
    eventName: FilterRule.isEqual('REMOVE'),
    dynamodb: { OldImage: ofResources },
  }),
]

/** Asynchronous calls are given up after this much. */
const patience = { retryAttempts: 2, maxEventAge: Duration.hours(6) }

export class Triggering extends Construct {
  readonly #undelivered: Queue

  constructor(scope: Construct, props: TriggeringProps) {
    super(scope, pascalCase(`${props.name}-trigger`))
    this.#undelivered = new Queue(this, 'Undelivered', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    acknowledge(this.#undelivered, 'SQS3', 'this is the queue for what could not be delivered')
    const { trigger } = props
    if (trigger.on === 'stream') this.#onStream({ ...props, trigger })
    else this.#onRule(props, trigger.on === 'schedule' ? every(trigger) : about(trigger, props))
  }

  #onStream({ trigger, target, table }: Props<'stream'>) {
    target.lambda.addToRolePolicy(
      new PolicyStatement({
        sid: 'ReadStream',
        effect: Effect.ALLOW,
        actions: [
          'dynamodb:DescribeStream',
          'dynamodb:GetRecords',
          'dynamodb:GetShardIterator',
          'dynamodb:ListStreams',
        ],
        resources: [table.tableStreamArn!],
      }),
    )
    new EventSourceMapping(this, 'Stream', {
      target: target.lambda,
      eventSourceArn: table.tableStreamArn!,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: trigger.batchSize,
      filters: changesOfResources,
      bisectBatchOnError: true,
      // A change that can never be told holds up the others of its shard until it is set aside.
      retryAttempts: 50,
      maxRecordAge: Duration.hours(12),
      onFailure: new SqsDlq(this.#undelivered),
    })
  }

  #onRule({ target }: TriggeringProps, when: ConstructorParameters<typeof Rule>[2]) {
    target.lambda.configureAsyncInvoke({
      ...patience,
      onFailure: new SqsDestination(this.#undelivered),
    })
    const to = new LambdaFunction(target.lambda, {
      ...patience,
      deadLetterQueue: this.#undelivered,
    })
    new Rule(this, 'Rule', { ...when, targets: [to] })
  }
}

const every = ({ everySeconds }: Trigger & { on: 'schedule' }) => ({
  schedule: Schedule.rate(Duration.seconds(everySeconds)),
})

const about = ({ pattern }: Trigger & { on: 'bus' }, { workflows }: TriggeringProps) => {
  const { source, 'detail-type': detailType, detail } = pattern as Partial<Pattern> as Pattern
  return { eventPattern: { source, detailType, detail: { ...detail, stateMachineArn: workflows } } }
}

interface Pattern {
  source: string[]
  'detail-type': string[]
  detail: Record<string, unknown>
}
