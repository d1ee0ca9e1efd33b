/** DescribeTimeToLive. */
import { tableNotFound } from '../errors.ts'
import type { Operation } from '../operation.ts'
import { requiredText } from '../parameters.ts'

export const describeTimeToLive: Operation<{ TableName: string }> = {
  parameters: { TableName: requiredText },
  writes: false,
  run({ catalogue }, { TableName }) {
    const table = catalogue.find(TableName)
    if (!table) throw tableNotFound(TableName)
    return {
      TimeToLiveDescription:
        table.timeToLive === undefined
          ? { TimeToLiveStatus: 'DISABLED' }
          : { TimeToLiveStatus: 'ENABLED', AttributeName: table.timeToLive },
    }
  },
}
