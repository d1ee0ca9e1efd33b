/** How data stands in history events, and how stored events are shown by GetExecutionHistory. */
import type { Event } from './draft.ts'
import type { Json, JsonObject } from './json.ts'

export function dataDetails(field: 'input' | 'output', value: Json): JsonObject {
  return { [field]: JSON.stringify(value), [`${field}Details`]: { truncated: false } }
}

/** The event as the API gives it; times are seconds, as everywhere in the protocol. */
export function shownEvent(event: Event, withData: boolean): JsonObject {
  const details = withData ? event.details : withoutData(event.details)
  return {
    id: event.id,
    previousEventId: event.previous,
    timestamp: event.at / 1_000,
    type: event.type,
    ...details,
  }
}

const dataFields = ['input', 'inputDetails', 'output', 'outputDetails', 'parameters']

function withoutData(details: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(details).map(([key, fields]) => [
      key,
      Object.fromEntries(
        Object.entries(fields as JsonObject).filter(([field]) => !dataFields.includes(field)),
      ),
    ]),
  )
}
