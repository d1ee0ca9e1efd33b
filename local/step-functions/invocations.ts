/**
 * Calls functions for tasks and turns what comes of it into an answer. A function that throws is a failure
 * named after the error, as the real service names it; names that begin with `Lambda.` are the service's own.
 */
import type { Answer } from './transitions/happenings.ts'
import type { Call } from './frames.ts'
import type { Json } from './json.ts'

export type Invoke = (
  functionName: string,
  payload: unknown,
  signal: AbortSignal,
) => Promise<unknown>

export async function invokeFor(call: Call, invoke: Invoke, signal: AbortSignal): Promise<Answer> {
  try {
    // A copy, as over a wire: no function may change what is stored.
    const payload: unknown = JSON.parse(JSON.stringify(call.payload))
    return answerFrom(await invoke(call.functionName, payload, signal))
  } catch (thrown) {
    return { failure: failureFrom(thrown) }
  }
}

function answerFrom(returned: unknown): Answer {
  try {
    return { output: JSON.parse(JSON.stringify(returned ?? null)) as Json }
  } catch {
    const errorMessage = 'Unable to stringify response body'
    const errorType = 'Runtime.MarshalError'
    return { failure: { error: errorType, cause: JSON.stringify({ errorType, errorMessage }) } }
  }
}

function failureFrom(thrown: unknown) {
  if (!(thrown instanceof Error)) {
    return { error: 'Lambda.Unknown', cause: `The function failed with ${String(thrown)}` }
  }
  const errorType = thrown.name || 'Error'
  const errorMessage = thrown.message
  return errorType.startsWith('Lambda.')
    ? { error: errorType, cause: errorMessage }
    : { error: errorType, cause: JSON.stringify({ errorType, errorMessage }) }
}
