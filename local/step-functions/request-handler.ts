/**
 * Serves an SDK client in this process. Protocol (AWS JSON 1.0): the operation stands in the header
 * `X-Amz-Target: AWSStepFunctions.<Operation>`, input and output are JSON bodies, an error is a 400 whose
 * body names it in `__type`, and a 503 says that nothing could be stored just now.
 */
import { bodyText } from '../body-text.ts'
import { isStorageTrouble } from '../storage-trouble.ts'
import { AnswerLost } from './adversity.ts'
import type { StepFunctionsEngine } from './engine.ts'
import { ServiceError } from './errors.ts'
import { isObject } from './json.ts'

interface Request {
  headers: Record<string, string>
  body?: unknown
}

interface Response {
  statusCode: number
  headers: Record<string, string>
  body: Uint8Array
}

export interface RequestHandler {
  handle(request: Request): Promise<{ response: Response }>
}

const targetPrefix = 'AWSStepFunctions.'

export function requestHandler(engine: StepFunctionsEngine): RequestHandler {
  return {
    async handle(request) {
      try {
        return respond(200, await engine.call(operationOf(request), inputOf(request)))
      } catch (thrown) {
        if (thrown instanceof AnswerLost) throw thrown
        if (isStorageTrouble(thrown)) return unavailable((thrown as Error).message)
        if (!(thrown instanceof ServiceError)) throw thrown
        const error = { __type: thrown.name, message: thrown.message }
        return respond(400, error, thrown.name)
      }
    },
  }
}

function operationOf({ headers }: Request): string {
  const header = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-amz-target')
  const target = header?.[1] ?? ''
  return target.startsWith(targetPrefix) ? target.slice(targetPrefix.length) : target
}

function inputOf({ body }: Request): unknown {
  if (body === undefined || body === null || body === '') return {}
  const text = bodyText(body)
  try {
    const input: unknown = JSON.parse(text)
    if (isObject(input)) return input
  } catch {
    // answered below
  }
  throw new ServiceError('ValidationException', 'the request body is not a JSON object')
}

const unavailable = (message: string) =>
  respond(503, { __type: 'ServiceUnavailable', message }, 'ServiceUnavailable')

function respond(statusCode: number, body: object, errorName?: string) {
  return {
    response: {
      statusCode,
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        ...(errorName && { 'x-amzn-errortype': errorName }),
      },
      body: Buffer.from(JSON.stringify(body)),
    },
  }
}
