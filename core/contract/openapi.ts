/** The route table as an OpenAPI 3.1 description: schemas come from zod, everything else from the table. */
import * as z from 'zod'
import { sampleId, type Named } from '../ids.ts'
import { routes, type RouteName } from './api.ts'
import { failures, Problem } from './failures.ts'
import type { Route } from './route.ts'

type Json = Record<string, unknown>

export const openApi = (version: string) => {
  const components: Json = {}
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
    const { $schema, $defs = {}, ...own } = z.toJSONSchema(schema, { io, reused: 'inline' })
    for (const [name, definition] of Object.entries($defs)) components[name] = hoisted(definition)
    return hoisted(own) as Json
  }
  const problem = schemaOf(z.strictObject({ problem: Problem }), 'output')
  const describe = describer(schemaOf, (problem.properties as Json).problem)
  const paths: Record<string, Json> = {}
  for (const name of Object.keys(routes) as RouteName[]) {
    const route: Route = routes[name]
    const path = (paths[route.path] ??= {})
    path[route.method.toLowerCase()] = describe(name, route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'NovaCron',
      version,
      description: 'A serverless control plane for fleets of bare-metal VM hosts',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', bearerFormat: 'nvc_…' },
        host: {
          type: 'apiKey',
          in: 'header',
          name: 'authorization',
          description: 'NovaCron-Host host=…,at=…,nonce=…,signature=… (Ed25519)',
        },
      },
    },
  }
}

/** References into a schema's own definitions become references into the components. */
const hoisted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(hoisted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => !(name === 'id' && typeof inner === 'string'))
      .map(([name, inner]) =>
        name === '$ref' && typeof inner === 'string'
          ? [name, inner.replace('#/$defs/', '#/components/schemas/')]
          : [name, hoisted(inner)],
      ),
  )
}

const every = ['INPUT_INVALID', 'INTERNAL', 'CLOUD_UNAVAILABLE'] as const
const withKey = [
  'CREDENTIAL_MISSING',
  'CREDENTIAL_INVALID',
  'KEY_EXPIRED',
  'KEY_REVOKED',
  'FORBIDDEN',
  'RATE_LIMITED',
] as const
const withBody = ['BROKEN_JSON', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED'] as const
const withChange = ['IDEMPOTENCY_KEY_REUSED', 'CONFLICT'] as const

/** Every failure a route can answer: its own, and those that come with what kind of route it is. */
export const failuresOf = (route: Route) => [
  ...new Set([
    ...every,
    ...(route.access.by === 'key' ? withKey : []),
    ...(route.body ? withBody : []),
    ...(route.mutating ? withChange : []),
    ...route.failures,
  ]),
]

const describer =
  (schemaOf: (schema: z.ZodType, io: 'input' | 'output') => Json, problem: unknown) =>
  (name: RouteName, route: Route): Json => ({
    operationId: name,
    summary: route.summary,
    tags: [route.caller === 'agent' ? 'agent' : (route.path.split('/')[2] ?? 'api')],
    security:
      route.access.by === 'key' ? [{ key: [] }] : route.access.by === 'host' ? [{ host: [] }] : [],
    ...(route.access.by === 'key' && {
      'x-roles': route.access.roles,
      'x-scope': route.access.scope,
    }),
    parameters: [
      ...parametersOf('path', schemaOf(route.params, 'input'), route.example.params),
      ...parametersOf('query', schemaOf(route.query, 'input'), route.example.query),
      ...headersOf(route),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: schemaOf(route.body, 'input'),
            ...(route.example.body !== undefined && { example: route.example.body }),
          },
        },
      },
    }),
    responses: { ...answersOf(route, schemaOf), ...problemsOf(route, problem) },
  })

const parametersOf = (where: string, schema: Json, example: Record<string, string> = {}) => {
  const required = new Set((schema.required as string[] | undefined) ?? [])
  return Object.entries((schema.properties ?? {}) as Record<string, Json>).map(([name, inner]) => {
    const { description, ...own } = inner
    return {
      name,
      in: where,
      required: where === 'path' || required.has(name),
      ...(description !== undefined && { description }),
      schema: own,
      ...(example[name] !== undefined && { example: exampleOf(name, example[name], own) }),
    }
  })
}

/** The text in the table as its schema has it: a number where the URL has digits, an id for a placeholder. */
const exampleOf = (name: string, text: string, schema: Json) => {
  if (text === `{${name}}`) return sampleId(name.slice(0, -'Id'.length) as Named)
  return schema.type === 'integer' ? Number(text) : text
}

const header = (name: string, schema: Json, description: string) => ({
  name,
  in: 'header',
  required: false,
  description,
  schema: { type: 'string', ...schema },
})
const idempotencyKey = header(
  'Idempotency-Key',
  { pattern: '^[\\x21-\\x7e]{1,255}$' },
  'The same key again is the same request, for 24 hours',
)
const ifMatch = header(
  'If-Match',
  { pattern: '^(\\*|"v\\d{1,15}")$' },
  'The ETag that was read; another version is refused with 412',
)
const lastEventId = header(
  'Last-Event-ID',
  { pattern: '^\\d{1,12}$' },
  'The number of the last event that was seen; goes before `after`',
)

const headersOf = (route: Route) => [
  ...(route.mutating ? [idempotencyKey] : []),
  ...(route.conditional ? [ifMatch] : []),
  ...(route.eventStream ? [lastEventId] : []),
]

const answersOf = (route: Route, schemaOf: (schema: z.ZodType, io: 'output') => Json) =>
  Object.fromEntries(
    Object.entries(route.answers).map(([status, schema]) => [
      status,
      {
        description: status === '202' ? 'Begun; the Location header names the operation' : 'Done',
        ...(schema && {
          content: {
            'application/json': { schema: schemaOf(schema, 'output') },
            ...(route.eventStream && { 'text/event-stream': { schema: { type: 'string' } } }),
          },
        }),
      },
    ]),
  )

const problemsOf = (route: Route, problem: unknown) => {
  const byStatus = Map.groupBy(failuresOf(route), (code) => failures[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.join(', '),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  )
}
