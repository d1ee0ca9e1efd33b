/** A record of the table's stream: the item before and after a change, as values instead of typed attributes. */
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import type { Item } from './items.ts'

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage']

const itemIn = (image: Image): Item | undefined =>
  image && (unmarshall(image as Parameters<typeof unmarshall>[0]) as Item)

export const changeIn = ({ dynamodb }: DynamoDBRecord) => ({
  before: itemIn(dynamodb?.OldImage),
  after: itemIn(dynamodb?.NewImage),
  /** The stream knows the second. */
  moment: new Date((dynamodb?.ApproximateCreationDateTime ?? 0) * 1000).toISOString(),
})
