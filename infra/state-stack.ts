/**
 * What must survive: the table and the keys without which it cannot be read. Nothing here is deleted with its stack, and
 * the table refuses to be deleted at all. A table of one region: a global one lets the last writer win, and who may
 * run a VM must never be decided that way.
 */
import { CfnOutput, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib'
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { table } from '../core/contract/cloud.ts'

const text = (name: string) => ({ name, type: AttributeType.STRING })

export class StateStack extends Stack {
  readonly table: Table
  readonly tableKey: Key
  readonly sealingKey: Key

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, { ...props, terminationProtection: true })
    this.tableKey = this.#key('TableKey', 'Encrypts the table of NovaCron')
    this.sealingKey = this.#key('SealingKey', 'Seals the key of page tokens')
    this.table = new Table(this, 'Table', {
      partitionKey: text(table.partitionKey),
      sortKey: text(table.sortKey),
      timeToLiveAttribute: table.timeToLive,
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.tableKey,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
    for (const { name, partitionKey, sortKey } of table.indexes)
      this.table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: text(partitionKey),
        sortKey: text(sortKey),
        projectionType: ProjectionType.ALL,
      })
    new CfnOutput(this, 'TableName', { value: this.table.tableName })
  }

  #key(id: string, description: string) {
    return new Key(this, id, {
      description,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    })
  }
}
