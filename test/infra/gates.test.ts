import { beforeAll, expect, test } from 'vitest'
import { routeNames, routeOf } from '../../core/contract/api.ts'
import { socketRoutes } from '../../core/contract/cloud.ts'
import { functionFile, functionNames } from '../../infra/source-files.ts'
import { idsIn, lambda, synthesise, type Templates } from './templates.ts'

let templates: Templates
beforeAll(() => {
  templates = synthesise()
})

interface Route {
  ApiId: { Ref: string }
  RouteKey: string
  Target: unknown
}

/** Route key → the file that answers, for the API of a protocol. */
const routesOf = (protocol: string): Record<string, string> => {
  const api = templates
    .every('AWS::ApiGatewayV2::Api')
    .find(([, { Properties }]) => Properties['ProtocolType'] === protocol)
  const routes = templates.of<Route>('AWS::ApiGatewayV2::Route')
  return Object.fromEntries(
    routes
      .filter(({ ApiId }) => ApiId.Ref === api?.[0])
      .map(({ RouteKey, Target }) => {
        const integration = templates.find(idsIn(Target)[0]!)
        return [RouteKey, templates.fileOf(integration.Properties['IntegrationUri'])]
      }),
  )
}

test('the HTTP API has the routes of the route table, each answered by the file of its name', () => {
  const table = routeNames.map((name) => {
    const { caller, method, path } = routeOf(name)
    return [`${method} ${path}`, `functions/${caller}/${name}.ts`]
  })
  expect(routesOf('HTTP')).toEqual({
    ...Object.fromEntries(table),
    $default: 'functions/api/refuse-route.ts',
  })
})

test('the WebSocket API has the routes of the contract', () => {
  const table = Object.entries(socketRoutes).map(([key, file]) => [
    key,
    `functions/socket/${file}.ts`,
  ])
  expect(routesOf('WEBSOCKET')).toEqual(Object.fromEntries(table))
})

test('events reach functions in the form that they read', () => {
  const integrations = templates.of<Record<string, unknown>>('AWS::ApiGatewayV2::Integration')
  const versions = integrations.map((each) => each['PayloadFormatVersion'])
  expect(versions.filter((version) => version === '2.0')).toHaveLength(routeNames.length + 1)
})

test('each API may call the functions behind its routes, by their routes only', () => {
  const permitted = templates
    .of<{ Principal: string; FunctionName: unknown; SourceArn: unknown }>('AWS::Lambda::Permission')
    .filter(({ Principal }) => Principal === 'apigateway.amazonaws.com')
  const answering = [...Object.values(routesOf('HTTP')), ...Object.values(routesOf('WEBSOCKET'))]
  expect(permitted.map((each) => templates.fileOf(each.FunctionName)).toSorted()).toEqual(
    answering.toSorted(),
  )
  for (const { SourceArn } of permitted)
    expect(templates.textOf(SourceArn)).toMatch(/:<\w+Api\w+>\/.+/)
})

test('every file of functions/ is one function, and every function a file', () => {
  const deployed = templates.of<{ Description: string }>(lambda).map((each) => each.Description)
  expect(deployed.toSorted()).toEqual(functionNames().map(functionFile).toSorted())
})
