/** UpdateTimeToLive: which attribute says when an item expires, from now on. */
import { invalid, tableNotFound } from '../errors.ts'
import type { Operation } from '../operation.ts'
import { checkParameters, flag, requiredMap, requiredText } from '../parameters.ts'
import { noteExpiries } from '../time-to-live.ts'

interface UpdateTimeToLiveInput {
  TableName: string
  TimeToLiveSpecification: { AttributeName: string; Enabled: boolean }
}

export const updateTimeToLive: Operation<UpdateTimeToLiveInput> = {
  parameters: { TableName: requiredText, TimeToLiveSpecification: requiredMap },
  writes: true,
  run({ catalogue, storage }, { TableName, TimeToLiveSpecification }) {
    checkParameters('TimeToLiveSpecification', TimeToLiveSpecification, {
      AttributeName: requiredText,
      Enabled: { ...flag, required: true },
    })
    const { AttributeName, Enabled } = TimeToLiveSpecification
    if (AttributeName === '') throw invalid('TimeToLive AttributeName must not be empty')
    const table = catalogue.find(TableName)
    if (!table) throw tableNotFound(TableName)
    const { timeToLive, ...rest } = table
    if (Enabled && timeToLive !== undefined) throw invalid('TimeToLive is already enabled')
    if (!Enabled && timeToLive === undefined) throw invalid('TimeToLive is already disabled')
    const changed = Enabled ? { ...rest, timeToLive: AttributeName } : rest
    catalogue.save(changed)
    noteExpiries(storage, changed)
    return { TimeToLiveSpecification: { AttributeName, Enabled } }
  },
}
