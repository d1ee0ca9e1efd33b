/**
 * Control plane → watchers: a fact that has happened, as a CloudEvent. Nobody must act on one. `sequence` numbers the
 * events of a tenant without a gap, from 1: a watcher that has seen n has missed nothing below it and asks for what
 * is after it. Adding one: a line in `eventTypes` and the change it follows from in core/happening.ts.
 */
import * as z from 'zod'
import { idOf } from '../ids.ts'
import { Problem } from './failures.ts'
import { ApiKey, Host, Operation, Tenant, Vm } from './resources.ts'

/** What the event tells about: the resource after the change (before it, where it is gone). */
export const eventTypes = {
  'dev.novacron.tenant.created.v1': Tenant,
  'dev.novacron.key.created.v1': ApiKey,
  'dev.novacron.key.revoked.v1': ApiKey,
  'dev.novacron.host.enrolled.v1': Host,
  'dev.novacron.host.changed.v1': Host,
  'dev.novacron.vm.requested.v1': Vm,
  'dev.novacron.vm.changed.v1': Vm,
  'dev.novacron.vm.running.v1': Vm,
  'dev.novacron.vm.failed.v1': Vm,
  'dev.novacron.vm.deleting.v1': Vm,
  'dev.novacron.vm.deleted.v1': Vm,
  'dev.novacron.operation.queued.v1': Operation,
  'dev.novacron.operation.progressed.v1': Operation,
  'dev.novacron.operation.succeeded.v1': Operation,
  'dev.novacron.operation.failed.v1': Operation,
} as const
export type EventType = keyof typeof eventTypes
const types = Object.keys(eventTypes) as [EventType, ...EventType[]]

export const Event = z
  .strictObject({
    specversion: z.literal('1.0'),
    id: z.string(),
    source: z.string().meta({ description: '//novacron.dev/tenants/<tenant>' }),
    type: z.enum(types),
    subject: z.string().meta({ description: 'The path of what changed' }),
    time: z.iso.datetime(),
    sequence: z.string().regex(/^\d{12}$/),
    datacontenttype: z.literal('application/json'),
    tenantid: idOf('tenant'),
    traceparent: z.string().optional(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' })
export type Event = z.infer<typeof Event>

export const sequenceText = (sequence: number) => String(sequence).padStart(12, '0')

/** What flows over a watcher's WebSocket. The watcher asks, the bell only says that asking is worth while. */
export const WatchRequest = z.strictObject({
  action: z.literal('watch'),
  after: z.int().min(0).meta({ description: 'The last sequence seen; 0 for everything kept' }),
})
export const WatchAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('events'), events: z.array(Event), next: z.int() }),
  z.strictObject({ kind: z.literal('bell') }),
  z.strictObject({ kind: z.literal('problem'), problem: Problem }),
])
export type WatchAnswer = z.infer<typeof WatchAnswer>
