import { describe, expect, test } from 'vitest'
import { matchRoute } from './match-route.ts'

describe('a route is chosen as API Gateway chooses it', () => {
  test.for([
    ['GET', '/v1/vms', 'api/list-vms', {}],
    ['POST', '/v1/vms', 'api/create-vm', {}],
    ['GET', '/v1/vms/vm-1', 'api/get-vm', { vmId: 'vm-1' }],
    ['GET', '/v1/vms/a%2Fb%20c', 'api/get-vm', { vmId: 'a/b c' }],
    ['GET', '/v1/openapi.json', 'api/get-openapi', {}],
    ['POST', '/agent/v1/report', 'agent/report', {}],
    ['GET', '/v1/vms/', 'api/refuse-route', {}],
    ['GET', '/v1/vms/vm-1/', 'api/refuse-route', {}],
    ['GET', '//v1/vms', 'api/refuse-route', {}],
    ['GET', '/V1/vms', 'api/refuse-route', {}],
    ['GET', '/v1/vms/%zz', 'api/refuse-route', {}],
    ['HEAD', '/v1/vms', 'api/refuse-route', {}],
    ['OPTIONS', '/v1/vms', 'api/refuse-route', {}],
    ['PUT', '/v1/vms/vm-1', 'api/refuse-route', {}],
    ['GET', '*', 'api/refuse-route', {}],
  ] as const)('%s %s → %s', ([method, path, name, pathParameters]) => {
    expect(matchRoute(method, path)).toMatchObject({ function: name, pathParameters })
  })

  test('and is named in events by its pattern', () => {
    expect(matchRoute('DELETE', '/v1/vms/vm-1').routeKey).toBe('DELETE /v1/vms/{vmId}')
    expect(matchRoute('DELETE', '/nowhere').routeKey).toBe('$default')
  })
})
