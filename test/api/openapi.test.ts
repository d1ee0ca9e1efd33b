import * as z from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routeNames, routeOf } from '../../core/contract/api.ts'
import { failureCodes, failures } from '../../core/contract/failures.ts'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'

interface Content {
  schema: object
  example?: unknown
}
interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  schema: object
  example?: unknown
}
interface Described {
  operationId: string
  summary: string
  security: Record<string, string[]>[]
  parameters: Parameter[]
  requestBody?: { required: boolean; content: Record<string, Content> }
  responses: Record<string, { description: string; content?: Record<string, Content> }>
}
interface Description {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> }
}

let under: CloudUnderTest
let description: Description
let operations: (Described & { path: string; method: string })[]

beforeAll(async () => {
  under = await startCloudUnderTest()
  description = (await under.get('get-openapi', { key: null })) as unknown as Description
  operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ ...described, path, method })),
  )
})
afterAll(() => under?.[Symbol.asyncDispose]())

/** Every object anywhere in the description. */
const objectsIn = (value: unknown): Record<string, unknown>[] => {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner]
}

/** A schema of the description as something that checks; its references lead into the components. */
const checkerOf = (schema: object) => {
  const text = JSON.stringify({ ...schema, $defs: description.components.schemas })
  return z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')))
}

test('it holds exactly the routes of the table', () => {
  const described = operations.map(({ operationId, method, path }) => [operationId, method, path])
  const known = routeNames.map((name) => {
    const { method, path } = routeOf(name)
    return [name, method.toLowerCase(), path]
  })
  expect(described.toSorted()).toEqual(known.toSorted())
  expect(description.openapi).toBe('3.1.0')
})

test('every operation has a name of its own', () => {
  const names = operations.map(({ operationId }) => operationId)
  expect(new Set(names).size).toBe(names.length)
})

test('every reference leads to a component, and no component lies there unused', () => {
  const references = objectsIn(description).flatMap(({ $ref }) =>
    typeof $ref === 'string' ? [$ref.replace('#/components/schemas/', '')] : [],
  )
  expect(new Set(references)).toEqual(new Set(Object.keys(description.components.schemas)))
})

test('every security scheme that is asked for is described', () => {
  for (const { security } of operations)
    for (const scheme of security.flatMap((one) => Object.keys(one)))
      expect(Object.keys(description.components.securitySchemes)).toContain(scheme)
})

test('parameters of a path are declared, required, and declared once', () => {
  for (const { path, parameters } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const declared = parameters.filter((parameter) => parameter.in === 'path')
    expect(declared.map(({ name }) => name)).toEqual(inPath)
    expect(declared.every(({ required }) => required)).toBe(true)
    const places = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
    expect(new Set(places).size).toBe(places.length)
  }
})

describe('every schema can be read as JSON Schema', () => {
  test('those of the components', () => {
    for (const schema of Object.values(description.components.schemas))
      expect(() => checkerOf(schema)).not.toThrow(Error)
  })
  test('those of requests and answers', () => {
    const contents = operations.flatMap(({ requestBody, responses }) => [
      ...Object.values(requestBody?.content ?? {}),
      ...Object.values(responses).flatMap(({ content }) => Object.values(content ?? {})),
    ])
    expect(contents.length).toBeGreaterThan(100)
    for (const { schema } of contents) checkerOf(schema)
  })
})

test('every example fits the schema it stands beside', () => {
  const given = operations.flatMap(({ operationId, parameters, requestBody }) =>
    [...parameters, ...Object.values(requestBody?.content ?? {})]
      .filter(({ example }) => example !== undefined)
      .map(({ schema, example }) => ({ operationId, schema, example })),
  )
  expect(given.length).toBeGreaterThan(15)
  for (const { operationId, schema, example } of given) {
    const { success, error } = checkerOf(schema).safeParse(example)
    expect({ operationId, example, success, why: error?.message }).toMatchObject({ success: true })
  }
})

test('every answer that is a problem says which failures it stands for', () => {
  for (const { responses } of operations)
    for (const [status, { description: codes, content }] of Object.entries(responses)) {
      if (Number(status) < 400) continue
      expect(Object.keys(content!)).toEqual(['application/problem+json'])
      for (const code of codes.split(', '))
        expect(failures[code as keyof typeof failures].status).toBe(Number(status))
    }
})

test('every failure code is explained under its address', async () => {
  for (const code of failureCodes) {
    const { title, fix } = await under.get('get-failure', { key: null, params: { code } })
    expect(title).not.toBe('')
    expect(fix.length).toBeGreaterThan(0)
  }
})
