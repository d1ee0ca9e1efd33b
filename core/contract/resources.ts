/**
 * What the control plane keeps, as it crosses the wire. `version` counts the changes of a resource and is its ETag;
 * sizes and times carry their unit in their name; what is unknown is null, never absent.
 */
import * as z from 'zod'
import { hostStates } from '../host.ts'
import { idOf } from '../ids.ts'
import { operationKinds, operationStates } from '../operation.ts'
import { vmStates } from '../vm.ts'
import { roles, scopes } from '../access.ts'
import { Problem } from './failures.ts'

const Time = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })
const Version = z
  .int()
  .min(1)
  .meta({ description: 'Counts changes; the ETag is "v" and this number' })
export const Name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
  error:
    'must be 1 to 63 characters of a-z, 0-9 and -, beginning and ending with a letter or digit',
})
const LabelName = z.string().regex(/^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/, {
  error: 'label names are 1 to 63 characters of a-z, 0-9, ".", "_", "/" and "-"',
})
const LabelValue = z
  .string()
  .max(255)
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), { error: 'must not hold control characters' })
  .meta({ pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' })

/** A record loses this name without a word; it is told like every other name that is wrong. */
const refuseProto = (given: unknown, context: z.RefinementCtx) => {
  if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
    context.addIssue({ code: 'custom', path: ['__proto__'], message: 'is not a label name' })
  return given
}
export const Labels = z.preprocess(
  refuseProto,
  z
    .record(LabelName, LabelValue)
    .refine((labels) => Object.keys(labels).length <= 32, { error: 'at most 32 labels' })
    .meta({ maxProperties: 32 }),
)

export const Tenant = z
  .strictObject({
    id: idOf('tenant'),
    name: Name,
    createdAt: Time,
    updatedAt: Time,
    version: Version,
  })
  .meta({ id: 'Tenant' })
export type Tenant = z.infer<typeof Tenant>

export const RequestsPerMinute = z.strictObject({
  read: z.int().min(1).max(1_000_000),
  write: z.int().min(1).max(1_000_000),
})
export const ApiKey = z
  .strictObject({
    id: idOf('key'),
    tenantId: idOf('tenant'),
    name: Name,
    role: z.enum(roles),
    scopes: z.array(z.enum(scopes)).meta({ description: 'Empty: everything the role allows' }),
    requestsPerMinute: RequestsPerMinute,
    expiresAt: Time,
    revokedAt: Time.nullable(),
    createdAt: Time,
    updatedAt: Time,
    version: Version,
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>

/** The only answer that ever holds a secret; a replay of the same request leaves it out. */
export const NewApiKey = ApiKey.extend({
  secret: z.string().optional().meta({ description: 'Shown once; only its hash is kept' }),
}).meta({ id: 'NewApiKey' })
export type NewApiKey = z.infer<typeof NewApiKey>

export const NewTenant = Tenant.extend({ adminKey: NewApiKey }).meta({ id: 'NewTenant' })

export const JoinToken = z
  .strictObject({ id: idOf('joinToken'), expiresAt: Time, secret: z.string().optional() })
  .meta({ id: 'JoinToken' })

export const HostInventory = z
  .strictObject({
    vcpus: z.int().min(1).max(4096),
    memoryMiB: z.int().min(1).max(67_108_864),
    hypervisor: z.enum(['simulated', 'qemu']),
    hypervisorVersion: z.string().max(64),
    agentVersion: z.string().max(64),
  })
  .meta({ id: 'HostInventory' })
export type HostInventory = z.infer<typeof HostInventory>

export const Host = z
  .strictObject({
    id: idOf('host'),
    tenantId: idOf('tenant'),
    name: Name,
    site: Name,
    state: z.enum(hostStates.states),
    publicKey: z.string(),
    inventory: HostInventory,
    createdAt: Time,
    updatedAt: Time,
    version: Version,
  })
  .meta({ id: 'Host' })
export type Host = z.infer<typeof Host>

/** A host as people see it: with what is reserved on it and when it was last heard. */
export const HostView = Host.omit({ publicKey: true })
  .extend({
    allocated: z.strictObject({ vcpus: z.int(), memoryMiB: z.int() }),
    lastSeenAt: Time.nullable(),
  })
  .meta({ id: 'HostView' })

export const VmSpec = z
  .strictObject({
    name: Name,
    vcpus: z.int().min(1).max(256),
    memoryMiB: z.int().min(16).max(4_194_304),
    labels: Labels.optional(),
  })
  .meta({ id: 'VmSpec' })
export type VmSpec = z.infer<typeof VmSpec>

export const VmPatch = z.strictObject({ labels: Labels.optional() }).meta({ id: 'VmPatch' })
export type VmPatch = z.infer<typeof VmPatch>

export const Vm = z
  .strictObject({
    id: idOf('vm'),
    tenantId: idOf('tenant'),
    name: Name,
    vcpus: z.int(),
    memoryMiB: z.int(),
    labels: z.record(z.string(), z.string()),
    state: z.enum(vmStates.states),
    hostId: idOf('host').nullable(),
    generation: z
      .int()
      .meta({ description: 'Rises at every change of ownership; 0 before the first' }),
    failure: Problem.nullable(),
    createdAt: Time,
    updatedAt: Time,
    version: Version,
  })
  .meta({ id: 'Vm' })
export type Vm = z.infer<typeof Vm>

export const Progress = z
  .strictObject({
    phase: z.string(),
    phaseIndex: z.int(),
    phaseCount: z.int(),
    percent: z.number().min(0).max(100).nullable(),
    etaMs: z.int().nullable(),
    etaReason: z
      .string()
      .nullable()
      .meta({ description: 'Why there is no ETA; null when there is one' }),
  })
  .meta({ id: 'Progress' })

export const Operation = z
  .strictObject({
    id: idOf('operation'),
    tenantId: idOf('tenant'),
    kind: z.enum(operationKinds),
    target: z.string().meta({ description: 'The path of what it works on' }),
    state: z.enum(operationStates.states),
    progress: Progress,
    error: Problem.nullable(),
    actor: z.string(),
    traceId: z.string(),
    createdAt: Time,
    updatedAt: Time,
    finishedAt: Time.nullable(),
    version: Version,
  })
  .meta({ id: 'Operation' })
export type Operation = z.infer<typeof Operation>
