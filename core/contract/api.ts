/**
 * The route table: everything people and agents can ask, once, as data. The name of a route is the name of the file
 * that answers it: functions/<caller>/<name>.ts. Adding a verb: a line here, its file, its test (CONTRIBUTING.md).
 */
import * as z from 'zod'
import { roles, scopes, type Access, type Role, type Scope } from '../access.ts'
import { idOf } from '../ids.ts'
import { Command } from './command.ts'
import { Event } from './event.ts'
import { failureCodes } from './failures.ts'
import { Report } from './report.ts'
import {
  ApiKey,
  HostInventory,
  HostView,
  JoinToken,
  Name,
  NewApiKey,
  NewTenant,
  Operation,
  RequestsPerMinute,
  Tenant,
  Vm,
  VmPatch,
  VmSpec,
} from './resources.ts'
import { agent, begin, change, digits, list, read, Wait, type Route } from './route.ts'

const anyone: Access = { by: 'anyone' }
const everyRole = roles
const keys = (allowed: readonly Role[], scope: Scope | null): Access => ({
  by: 'key',
  roles: allowed,
  scope,
})
const platform = (allowed: readonly Role[], scope: Scope): Access => ({
  by: 'key',
  roles: allowed,
  scope,
  platformOnly: true,
})
const doers = ['operator', 'admin'] as const
const vmId = z.strictObject({ vmId: idOf('vm') })
const keyId = z.strictObject({ keyId: idOf('key') })
const hostId = z.strictObject({ hostId: idOf('host') })
const tenantId = z.strictObject({ tenantId: idOf('tenant') })
const operationId = z.strictObject({ operationId: idOf('operation') })
const common = { name: 'text', createdAt: 'time' } as const

export const routes = {
  // the API itself
  'get-api': read('/v1', {
    summary: 'What this API is and which version answers',
    access: anyone,
    answers: {
      200: z.strictObject({ name: z.string(), version: z.string(), features: z.array(z.string()) }),
    },
    example: { status: 200 },
  }),
  'get-openapi': read('/v1/openapi.json', {
    summary: 'This API as OpenAPI 3.1',
    access: anyone,
    answers: { 200: z.looseObject({ openapi: z.literal('3.1.0') }) },
    example: { status: 200 },
  }),
  'get-failure': read('/v1/failures/{code}', {
    summary: 'What a failure code means and what helps',
    access: anyone,
    params: z.strictObject({ code: z.enum(failureCodes) }),
    answers: {
      200: z.strictObject({
        code: z.enum(failureCodes),
        status: z.int(),
        title: z.string(),
        retryable: z.boolean(),
        fix: z.array(z.strictObject({ text: z.string(), command: z.string().optional() })),
      }),
    },
    example: { params: { code: 'STATE_FORBIDS' }, status: 200 },
  }),
  'get-principal': read('/v1/principal', {
    summary: 'Whose key this is and what it may do',
    access: keys(everyRole, null),
    answers: { 200: ApiKey },
    example: { status: 200 },
  }),

  // tenants and keys
  'create-tenant': change('POST', '/v1/tenants', {
    summary: 'Make a tenant and its first admin key',
    access: platform(['admin'], 'tenants:write'),
    body: z.strictObject({ name: Name }),
    answers: { 201: NewTenant },
    failures: ['NAME_TAKEN'],
    example: { body: { name: 'acme' }, status: 201 },
  }),
  'list-tenants': list('/v1/tenants', {
    summary: 'The tenants of this platform',
    access: platform(['auditor', 'admin'], 'tenants:read'),
    items: Tenant,
    fields: common,
    example: { status: 200 },
  }),
  'get-tenant': read('/v1/tenants/{tenantId}', {
    summary: 'One tenant; others than the platform see only their own',
    access: keys(everyRole, 'tenants:read'),
    params: tenantId,
    answers: { 200: Tenant },
    failures: ['NOT_FOUND'],
    example: { params: { tenantId: '{tenantId}' }, status: 200 },
  }),
  'create-key': change('POST', '/v1/keys', {
    summary: 'Make an API key of your tenant; its secret is shown once',
    access: keys(['admin'], 'keys:write'),
    body: z.strictObject({
      name: Name,
      role: z.enum(roles),
      scopes: z.array(z.enum(scopes)).max(scopes.length).optional(),
      expiresInSeconds: z
        .int()
        .min(60)
        .max(31_536_000)
        .optional()
        .meta({ description: 'Default 90 days' }),
      requestsPerMinute: RequestsPerMinute.optional(),
    }),
    answers: { 201: NewApiKey },
    example: {
      body: { name: 'ci', role: 'operator', scopes: ['vms:read', 'vms:write'] },
      status: 201,
    },
  }),
  'list-keys': list('/v1/keys', {
    summary: 'The API keys of your tenant, without their secrets',
    access: keys(['auditor', 'admin'], 'keys:read'),
    items: ApiKey,
    fields: { ...common, role: 'text', expiresAt: 'time' },
    example: { status: 200 },
  }),
  'get-key': read('/v1/keys/{keyId}', {
    summary: 'One API key, without its secret',
    access: keys(['auditor', 'admin'], 'keys:read'),
    params: keyId,
    answers: { 200: ApiKey },
    failures: ['NOT_FOUND'],
    example: { params: { keyId: '{keyId}' }, status: 200 },
  }),
  'revoke-key': change('DELETE', '/v1/keys/{keyId}', {
    summary: 'Revoke an API key; it is refused from the next request on',
    access: keys(['admin'], 'keys:write'),
    params: keyId,
    answers: { 200: ApiKey },
    failures: ['LAST_ADMIN_KEY', 'NOT_FOUND', 'PRECONDITION_FAILED'],
    conditional: true,
    example: { params: { keyId: '{keyId}' }, status: 200 },
  }),

  // hosts
  'create-join-token': change('POST', '/v1/join-tokens', {
    summary: 'A token with which one host can enrol, within an hour',
    access: platform(['admin'], 'hosts:write'),
    answers: { 201: JoinToken },
    example: { status: 201 },
  }),
  'list-hosts': list('/v1/hosts', {
    summary: 'The hosts, what each can carry and what is reserved',
    access: platform(everyRole, 'hosts:read'),
    items: HostView,
    fields: { ...common, state: 'text', site: 'text' },
    example: { query: { filter: 'state = ready' }, status: 200 },
  }),
  'get-host': read('/v1/hosts/{hostId}', {
    summary: 'One host',
    access: platform(everyRole, 'hosts:read'),
    params: hostId,
    answers: { 200: HostView },
    failures: ['NOT_FOUND'],
    example: { params: { hostId: '{hostId}' }, status: 200 },
  }),

  // VMs
  'create-vm': begin('POST', '/v1/vms', {
    summary: 'Create a VM on a host that fits, and start it',
    access: keys(doers, 'vms:write'),
    body: VmSpec,
    operation: Operation,
    failures: ['NAME_TAKEN'],
    example: {
      body: { name: 'web-1', vcpus: 2, memoryMiB: 1024, labels: { env: 'prod' } },
      status: 202,
    },
  }),
  'list-vms': list('/v1/vms', {
    summary: 'The VMs of your tenant, oldest first',
    access: keys(everyRole, 'vms:read'),
    items: Vm,
    fields: {
      ...common,
      state: 'text',
      hostId: 'text',
      vcpus: 'number',
      memoryMiB: 'number',
      labels: 'map',
    },
    example: {
      query: { filter: 'state = running AND labels.env = prod', pageSize: '10' },
      status: 200,
    },
  }),
  'get-vm': read('/v1/vms/{vmId}', {
    summary: 'One VM',
    access: keys(everyRole, 'vms:read'),
    params: vmId,
    answers: { 200: Vm },
    failures: ['NOT_FOUND'],
    example: { params: { vmId: '{vmId}' }, status: 200 },
  }),
  'update-vm': change('PATCH', '/v1/vms/{vmId}', {
    summary: 'Change the labels of a VM',
    access: keys(doers, 'vms:write'),
    params: vmId,
    body: VmPatch,
    answers: { 200: Vm },
    failures: ['NOT_FOUND', 'STATE_FORBIDS', 'PRECONDITION_FAILED'],
    conditional: true,
    example: { params: { vmId: '{vmId}' }, body: { labels: { env: 'dev' } }, status: 200 },
  }),
  'delete-vm': begin('DELETE', '/v1/vms/{vmId}', {
    summary: 'Stop a VM and delete it',
    access: keys(doers, 'vms:write'),
    params: vmId,
    operation: Operation,
    failures: ['NOT_FOUND', 'STATE_FORBIDS', 'PRECONDITION_FAILED'],
    conditional: true,
    example: { params: { vmId: '{vmId}' }, status: 202 },
  }),

  // operations and events
  'get-operation': read('/v1/operations/{operationId}', {
    summary: 'One operation; with wait, as soon as it has ended',
    access: keys(everyRole, 'operations:read'),
    params: operationId,
    query: z.strictObject({ wait: Wait }),
    answers: { 200: Operation },
    failures: ['NOT_FOUND'],
    example: { params: { operationId: '{operationId}' }, query: { wait: '5' }, status: 200 },
  }),
  'list-operations': list('/v1/operations', {
    summary: 'The operations of your tenant, oldest first',
    access: keys(everyRole, 'operations:read'),
    items: Operation,
    fields: { createdAt: 'time', state: 'text', kind: 'text', target: 'text' },
    example: { query: { filter: 'kind = vm.create' }, status: 200 },
  }),
  'read-events': read('/v1/events', {
    summary:
      'What happened after Last-Event-ID: as server-sent events, or as JSON if asked for; answers within 25 s',
    access: keys(everyRole, 'events:read'),
    query: z.strictObject({
      after: digits(0, 999_999_999_999).optional().meta({
        description:
          'As Last-Event-ID, for whoever cannot send headers; absent: what happens from now on',
      }),
      wait: Wait.meta({ description: 'Seconds to wait for an event if there is none yet' }),
    }),
    eventStream: true,
    answers: { 200: z.strictObject({ events: z.array(Event), next: z.int() }) },
    failures: ['EVENTS_EXPIRED'],
    example: { query: { after: '0', wait: '0' }, status: 200 },
  }),

  // agents
  'enrol-host': agent('/agent/v1/enrol-host', {
    summary: 'Join with a one-time token and a public key, signed with its private half',
    access: anyone,
    body: z.strictObject({
      joinToken: z.string().max(200),
      publicKey: z.string().max(200).meta({ description: 'Ed25519, SPKI DER, base64' }),
      name: Name,
      site: Name,
      inventory: HostInventory,
    }),
    answers: { 200: z.strictObject({ hostId: idOf('host') }) },
    failures: ['JOIN_TOKEN_INVALID', 'HOST_SIGNATURE_INVALID', 'REQUEST_REPLAYED', 'NAME_TAKEN'],
    example: { status: 200 },
  }),
  'take-commands': agent('/agent/v1/take-commands', {
    summary: 'The open commands in this host’s mailbox; also says that the host is alive',
    body: z.strictObject({ incarnation: z.string().min(1).max(64) }),
    answers: { 200: z.strictObject({ commands: z.array(Command) }) },
    failures: ['HOST_SIGNATURE_INVALID', 'REQUEST_REPLAYED'],
    example: { status: 200 },
  }),
  report: agent('/agent/v1/report', {
    summary: 'What became of a command',
    body: Report,
    answers: { 200: z.strictObject({ settled: z.boolean() }) },
    failures: [
      'HOST_SIGNATURE_INVALID',
      'REQUEST_REPLAYED',
      'COMMAND_NOT_YOURS',
      'GENERATION_STALE',
      'INCARNATION_STALE',
    ],
    example: { status: 200 },
  }),
} as const satisfies Record<string, Route>

export type Routes = typeof routes
export type RouteName = keyof Routes
export const routeNames = Object.keys(routes) as RouteName[]
export const routeOf = (name: RouteName): Route => routes[name]
