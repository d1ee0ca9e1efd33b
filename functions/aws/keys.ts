/**
 * Every key pattern of the table, in one file. A partition that people list is named after its tenant, so that a
 * request for another tenant's thing cannot even be written down: the tenant in the key is the credential's.
 *
 *   TENANTS            / <tenant>      tenants                 TENANT#t#VM        / <vm>     gsi1 TENANT#t#VM#<state> / <vm>
 *   TENANT-NAME#n      / TENANT-NAME   tenant names            TENANT#t#VM-NAME   / <name>   names in use
 *   KEY#k              / KEY           API keys                TENANT#t#OPERATION / <op>     gsi1 UNSTARTED / <created>
 *                        gsi1 TENANT#t#KEY / <key>             TENANT#t#EVENT     / <sequence>
 *   JOIN#j             / JOIN          join tokens             TENANT#t#SEQUENCE  / SEQUENCE the last event's number
 *   HOSTS              / <host>        hosts                   TENANT#t#WATCHER   / <connection>
 *   HOST-LOADS         / <host>        reserved, last seen     EVENT-ID#e         / EVENT-ID told already
 *   DOORBELL#h         / DOORBELL      the host's connection   CONNECTION#c       / CONNECTION whose socket this is
 *   MAILBOX#h          / <command>     open commands           IDEMPOTENCY#…      / IDEMPOTENCY answers given
 *   COMMAND#c          / COMMAND       all commands            RATE#k#bucket#min  / RATE     requests counted, waits under way
 *   OWNER#v            / OWNER         R, the ownership item   NONCE#h#n          / NONCE    signatures seen
 *   SEAL               / PAGE-TOKENS   the sealed page-token key
 */
export interface Key {
  pk: string
  sk: string
}
const alone = (name: string, ...parts: string[]): Key => ({
  pk: [name, ...parts].join('#'),
  sk: name,
})

export const partitions = {
  tenants: 'TENANTS',
  hosts: 'HOSTS',
  hostLoads: 'HOST-LOADS',
  vms: (tenantId: string) => `TENANT#${tenantId}#VM`,
  operations: (tenantId: string) => `TENANT#${tenantId}#OPERATION`,
  events: (tenantId: string) => `TENANT#${tenantId}#EVENT`,
  watchers: (tenantId: string) => `TENANT#${tenantId}#WATCHER`,
  mailbox: (hostId: string) => `MAILBOX#${hostId}`,
} as const

/** Partitions of the index gsi1. */
export const indexed = {
  keysOf: (tenantId: string) => `TENANT#${tenantId}#KEY`,
  vmsIn: (tenantId: string, state: string) => `TENANT#${tenantId}#VM#${state}`,
  unstarted: 'UNSTARTED',
} as const

export const keyOf = {
  tenant: (id: string): Key => ({ pk: partitions.tenants, sk: id }),
  tenantName: (name: string) => alone('TENANT-NAME', name),
  apiKey: (id: string) => alone('KEY', id),
  joinToken: (id: string) => alone('JOIN', id),
  host: (id: string): Key => ({ pk: partitions.hosts, sk: id }),
  hostLoad: (id: string): Key => ({ pk: partitions.hostLoads, sk: id }),
  doorbell: (hostId: string) => alone('DOORBELL', hostId),
  mail: (hostId: string, commandId: string): Key => ({
    pk: partitions.mailbox(hostId),
    sk: commandId,
  }),
  command: (id: string) => alone('COMMAND', id),
  owner: (vmId: string) => alone('OWNER', vmId),
  vm: (tenantId: string, id: string): Key => ({ pk: partitions.vms(tenantId), sk: id }),
  vmName: (tenantId: string, name: string): Key => ({ pk: `TENANT#${tenantId}#VM-NAME`, sk: name }),
  operation: (tenantId: string, id: string): Key => ({
    pk: partitions.operations(tenantId),
    sk: id,
  }),
  event: (tenantId: string, sequence: string): Key => ({
    pk: partitions.events(tenantId),
    sk: sequence,
  }),
  sequence: (tenantId: string): Key => ({ pk: `TENANT#${tenantId}#SEQUENCE`, sk: 'SEQUENCE' }),
  eventId: (id: string) => alone('EVENT-ID', id),
  watcher: (tenantId: string, connectionId: string): Key => ({
    pk: partitions.watchers(tenantId),
    sk: connectionId,
  }),
  connection: (id: string) => alone('CONNECTION', id),
  idempotency: (tenantId: string, keyId: string, route: string, hash: string) =>
    alone('IDEMPOTENCY', tenantId, keyId, route, hash),
  rate: (keyId: string, bucket: string, minute: number) =>
    alone('RATE', keyId, bucket, `${minute}`),
  nonce: (hostId: string, nonce: string) => alone('NONCE', hostId, nonce),
  pageTokenSeal: { pk: 'SEAL', sk: 'PAGE-TOKENS' } satisfies Key,
} as const
