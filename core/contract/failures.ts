/**
 * Every way in which NovaCron says no: a closed list. A failure has a stable code, the HTTP status it maps to,
 * whether trying again can help, and what the caller can do about it. Adding one: a line here; its code becomes
 * part of the API, the documentation (`GET /v1/failures/{code}`) and the error names workflows can catch.
 *
 * `{name}` inside a text or a command is replaced by the failure's parameter of that name.
 *
 * Long because: a closed list is read in one place.
 */
import * as z from 'zod'

export interface Fix {
  text: string
  command?: string
}

interface FailureKind {
  status: number
  title: string
  retryable: boolean
  fix: readonly Fix[]
}

const kind = <const K extends FailureKind>(failure: K): K => failure

export const failures = {
  BROKEN_JSON: kind({
    status: 400,
    title: 'The body is not JSON',
    retryable: false,
    fix: [{ text: 'Send one JSON object; check quoting first', command: 'jq . body.json' }],
  }),
  INPUT_INVALID: kind({
    status: 422,
    title: 'The request has errors',
    retryable: false,
    fix: [
      {
        text: 'Correct every entry of "errors"; the schema of each route is in the API description',
      },
      { text: 'Read the schema', command: 'curl {origin}/v1/openapi.json' },
    ],
  }),
  BODY_TOO_LARGE: kind({
    status: 413,
    title: 'The body is larger than {limitBytes} bytes',
    retryable: false,
    fix: [{ text: 'Send less than {limitBytes} bytes; large contents are uploaded, not embedded' }],
  }),
  MEDIA_TYPE_UNSUPPORTED: kind({
    status: 415,
    title: 'Bodies are application/json',
    retryable: false,
    fix: [{ text: 'Send the header', command: "curl -H 'content-type: application/json' …" }],
  }),
  ROUTE_UNKNOWN: kind({
    status: 404,
    title: 'There is no such route',
    retryable: false,
    fix: [{ text: 'See which routes exist', command: 'curl {origin}/v1/openapi.json' }],
  }),
  METHOD_NOT_ALLOWED: kind({
    status: 405,
    title: 'This route does not take that method',
    retryable: false,
    fix: [{ text: 'Use one of: {allow}' }],
  }),
  ADDRESS_REFUSED: kind({
    status: 421,
    title: 'This API does not answer to the name {host}',
    retryable: false,
    fix: [{ text: 'Use the address that npm start printed', command: 'npx novacron doctor' }],
  }),
  CREDENTIAL_MISSING: kind({
    status: 401,
    title: 'This route needs an API key',
    retryable: false,
    fix: [
      {
        text: 'Send the key as a bearer token',
        command: "curl -H 'authorization: Bearer nvc_…' …",
      },
      { text: 'Check what the CLI would send', command: 'npx novacron doctor' },
    ],
  }),
  CREDENTIAL_INVALID: kind({
    status: 401,
    title: 'The API key is not one of ours',
    retryable: false,
    fix: [
      { text: 'Check that the key was copied whole', command: 'npx novacron doctor' },
      { text: 'Have an admin make a new one', command: 'npx novacron key create --role operator' },
    ],
  }),
  KEY_EXPIRED: kind({
    status: 401,
    title: 'The API key expired at {expiresAt}',
    retryable: false,
    fix: [
      { text: 'Have an admin make a new one', command: 'npx novacron key create --role {role}' },
    ],
  }),
  KEY_REVOKED: kind({
    status: 401,
    title: 'The API key was revoked at {revokedAt}',
    retryable: false,
    fix: [
      { text: 'Have an admin make a new one', command: 'npx novacron key create --role {role}' },
    ],
  }),
  FORBIDDEN: kind({
    status: 403,
    title: 'This key may not do that',
    retryable: false,
    fix: [
      { text: 'Use a key with one of the roles {roles} and the scope {scope}' },
      { text: 'Make one as an admin', command: 'npx novacron key create --role {leastRole}' },
    ],
  }),
  NOT_FOUND: kind({
    status: 404,
    title: 'There is no {resource} {id}',
    retryable: false,
    fix: [{ text: 'List what there is', command: 'npx novacron {resource} list' }],
  }),
  LAST_ADMIN_KEY: kind({
    status: 409,
    title: 'This is the last key that may make keys',
    retryable: false,
    fix: [
      {
        text: 'Make its successor first, then revoke this one with it',
        command: 'npx novacron key create --role admin --save admin.key',
      },
    ],
  }),
  NAME_TAKEN: kind({
    status: 409,
    title: 'There is a {resource} {name} already',
    retryable: false,
    fix: [
      {
        text: 'Choose another name, or look at what holds it',
        command: 'npx novacron {resource} list',
      },
    ],
  }),
  STATE_FORBIDS: kind({
    status: 409,
    title: 'The {resource} is {state}; {verb} needs it to be {allowed}',
    retryable: false,
    fix: [
      {
        text: 'Look at it, and wait until it is {allowed}',
        command: 'npx novacron {resource} get {id}',
      },
    ],
  }),
  PRECONDITION_FAILED: kind({
    status: 412,
    title: 'Somebody changed it since you read it',
    retryable: false,
    fix: [{ text: 'Read it again, look at what changed, and send the new ETag in If-Match' }],
  }),
  IDEMPOTENCY_KEY_REUSED: kind({
    status: 422,
    title: 'This Idempotency-Key was used for another request',
    retryable: false,
    fix: [{ text: 'Use a new key for a new request', command: 'uuidgen' }],
  }),
  CURSOR_INVALID: kind({
    status: 400,
    title: 'The page token does not belong to this list',
    retryable: false,
    fix: [{ text: 'Start the list again without pageToken, with the same filter on every page' }],
  }),
  FILTER_INVALID: kind({
    status: 400,
    title: 'The filter cannot be read',
    retryable: false,
    fix: [
      { text: 'Correct it at position {position}: {expected}' },
      { text: 'Fields of this list: {fields}' },
    ],
  }),
  FILTER_TOO_COMPLEX: kind({
    status: 400,
    title: 'The filter is too complex',
    retryable: false,
    fix: [{ text: 'At most {limit}; ask for more and narrow down on your side' }],
  }),
  RATE_LIMITED: kind({
    status: 429,
    title: 'This key is at its limit of {limit} {bucket} requests',
    retryable: true,
    fix: [{ text: 'Wait {retryAfterSeconds} s (Retry-After), or use a key with a higher limit' }],
  }),
  EVENTS_EXPIRED: kind({
    status: 410,
    title: 'Events before {oldest} are no longer kept',
    retryable: false,
    fix: [
      {
        text: 'List what you watch anew, then go on from here',
        command: 'npx novacron event tail',
      },
    ],
  }),
  CONFLICT: kind({
    status: 409,
    title: 'Other writers kept winning',
    retryable: true,
    fix: [{ text: 'Send the same request again, with the same Idempotency-Key' }],
  }),
  NO_HOST_FITS: kind({
    status: 409,
    title: 'No host can take this VM',
    retryable: true,
    fix: [
      {
        text: 'Ask for less, or free a host; see what each host has left',
        command: 'npx novacron host list',
      },
    ],
  }),
  HOST_FULL: kind({
    status: 409,
    title: 'The host {hostId} was filled by others meanwhile',
    retryable: true,
    fix: [{ text: 'Try again: another host will be chosen' }],
  }),
  HOST_SILENT: kind({
    status: 504,
    title: 'The host {hostId} does not answer',
    retryable: false,
    fix: [
      { text: 'Look at the host', command: 'npx novacron host list' },
      {
        text: 'When it is back, delete the VM and create it again',
        command: 'npx novacron vm delete {vmId}',
      },
    ],
  }),
  COMMAND_FAILED: kind({
    status: 502,
    title: 'The host could not do it: {reason}',
    retryable: false,
    fix: [{ text: 'See what happened', command: 'npx novacron operation get {operationId}' }],
  }),
  OPERATION_INTERRUPTED: kind({
    status: 500,
    title: 'The workflow ended before the operation did',
    retryable: false,
    fix: [
      { text: 'See how far it came', command: 'npx novacron operation get {operationId}' },
      { text: 'Then ask again: what exists is found, what is missing is made' },
    ],
  }),
  HOST_SIGNATURE_INVALID: kind({
    status: 401,
    title: 'The request is not signed by the host it names',
    retryable: false,
    fix: [{ text: 'Check the clock and the key of the host; enrol it anew if its key is lost' }],
  }),
  REQUEST_REPLAYED: kind({
    status: 401,
    title: 'This signed request was seen before',
    retryable: false,
    fix: [{ text: 'Sign each request anew, with a fresh nonce' }],
  }),
  JOIN_TOKEN_INVALID: kind({
    status: 401,
    title: 'The join token is unknown, used or expired',
    retryable: false,
    fix: [{ text: 'Make a new one', command: 'npx novacron host token create' }],
  }),
  COMMAND_NOT_YOURS: kind({
    status: 403,
    title: 'This command is not addressed to this host',
    retryable: false,
    fix: [{ text: 'Report only on commands taken from your own mailbox' }],
  }),
  GENERATION_STALE: kind({
    status: 409,
    title: 'The VM has moved on to another generation',
    retryable: false,
    fix: [{ text: 'Drop what was started for the former generation: it has been superseded' }],
  }),
  INCARNATION_STALE: kind({
    status: 409,
    title: 'Another journal of this host has accepted the command',
    retryable: false,
    fix: [
      { text: 'HOLD: begin nothing and end nothing that the other journal may have begun' },
      { text: 'Give the agent the data directory back whose journal accepted it' },
    ],
  }),
  ATTESTATION_MISSING: kind({
    status: 409,
    title: 'Nothing attests that the host is done with the VM',
    retryable: false,
    fix: [
      {
        text: 'Bring the host back: its own report settles the command',
        command: 'npx novacron host list',
      },
      { text: 'Then delete the VM', command: 'npx novacron vm delete {vmId}' },
    ],
  }),
  OPERATION_OVER: kind({
    status: 409,
    title: 'The operation is over: nothing new begins for it',
    retryable: false,
    fix: [
      { text: 'See how it ended', command: 'npx novacron operation get {operationId}' },
      { text: 'Then ask again: what exists is found, what is missing is made' },
    ],
  }),
  CLOUD_UNAVAILABLE: kind({
    status: 503,
    title: 'A service we depend on is not answering',
    retryable: true,
    fix: [{ text: 'Try again with the same Idempotency-Key' }],
  }),
  INTERNAL: kind({
    status: 500,
    title: 'We have a bug',
    retryable: false,
    fix: [{ text: 'Report it with the trace id {traceId}' }],
  }),
} as const satisfies Record<string, FailureKind>

export type FailureCode = keyof typeof failures
export const failureCodes = Object.keys(failures) as [FailureCode, ...FailureCode[]]
export const kindOf = (code: FailureCode): FailureKind => failures[code]

/** One entry of `errors[]`: where in the request, and what is wrong there. */
export const InputError = z.strictObject({
  in: z.enum(['path', 'query', 'header', 'body']),
  pointer: z.string().meta({ description: 'JSON Pointer in a body; otherwise the parameter name' }),
  detail: z.string(),
})
export type InputError = z.infer<typeof InputError>

/** RFC 9457 problem details, the body of every error answer and the `error` of a failed operation. */
export const Problem = z
  .strictObject({
    type: z.string().meta({ description: 'Where this code is documented, relative to the API' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(failureCodes),
    params: z.record(z.string(), z.unknown()),
    errors: z.array(InputError).optional(),
    fix: z.array(z.strictObject({ text: z.string(), command: z.string().optional() })),
    retryable: z.boolean(),
    retryAfterMs: z.int().optional(),
    traceId: z.string().optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

export type FailureParams = Record<string, unknown>

/** The world's trouble, by name. Anything else that is thrown is a bug and answers INTERNAL. */
export class Failure extends Error {
  readonly code: FailureCode
  readonly params: FailureParams
  readonly errors: InputError[] | undefined

  constructor(
    code: FailureCode,
    detail?: string,
    params: FailureParams = {},
    errors?: InputError[],
  ) {
    super(detail ?? fill(failures[code].title, params))
    this.name = code
    this.code = code
    this.params = params
    this.errors = errors
  }
}

const fill = (template: string, params: FailureParams) =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name]
    if (value === undefined || value === null) return whole
    if (Array.isArray(value)) return value.join(', ')
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  })

/** A failure as it is told: every text filled in; a parameter that is missing stays visible as its name. */
export const problemOf = (failure: Failure, context: FailureParams = {}): Problem => {
  const { status, title, retryable, fix } = failures[failure.code] as FailureKind
  const params = { ...context, ...failure.params }
  const retryAfter = failure.params.retryAfterSeconds
  return {
    type: `/v1/failures/${failure.code}`,
    title: fill(title, params),
    status,
    detail: failure.message,
    code: failure.code,
    params: failure.params,
    ...(failure.errors && { errors: failure.errors }),
    fix: fix.map(({ text, command }) => ({
      text: fill(text, params),
      ...(command !== undefined && { command: fill(command, params) }),
    })),
    retryable,
    ...(typeof retryAfter === 'number' && { retryAfterMs: retryAfter * 1000 }),
    ...(typeof params.traceId === 'string' && { traceId: params.traceId }),
  }
}
