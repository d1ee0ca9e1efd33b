/**
 * Every verb of the CLI and the file that holds it. Only the one that was asked for is loaded; its brief stands here,
 * so that the lists of verbs need none of them. Adding a verb: a line here, and its file.
 */
import type { Command } from '@stricli/core'
import type { Cli } from './cli.ts'

export interface Verb {
  brief: string
  load: () => Promise<{ command: Command<Cli> }>
}
export interface Group {
  brief: string
  verbs: Readonly<Record<string, Verb | Group>>
}
export const isGroup = (entry: Verb | Group): entry is Group => 'verbs' in entry

export const verbs: Group = {
  brief: 'VMs on your own hosts',
  verbs: {
    vm: {
      brief: 'VMs: create, look at, label, delete',
      verbs: {
        create: { brief: 'Create a VM and start it', load: () => import('./vm/create.ts') },
        get: { brief: 'Show a VM', load: () => import('./vm/get.ts') },
        list: { brief: 'List VMs', load: () => import('./vm/list.ts') },
        update: { brief: 'Change the labels of a VM', load: () => import('./vm/update.ts') },
        delete: { brief: 'Stop a VM and delete it', load: () => import('./vm/delete.ts') },
      },
    },
    host: {
      brief: 'Hosts: what there is, and how one joins',
      verbs: {
        list: { brief: 'List hosts and what each has left', load: () => import('./host/list.ts') },
        get: { brief: 'Show a host', load: () => import('./host/get.ts') },
        token: {
          brief: 'Tokens with which hosts join',
          verbs: {
            create: {
              brief: 'Make a token for one host',
              load: () => import('./host/token/create.ts'),
            },
          },
        },
      },
    },
    operation: {
      brief: 'Operations: what was begun, and how it goes',
      verbs: {
        list: { brief: 'List operations', load: () => import('./operation/list.ts') },
        get: { brief: 'Show an operation', load: () => import('./operation/get.ts') },
        watch: {
          brief: 'Follow an operation until it has ended',
          load: () => import('./operation/watch.ts'),
        },
      },
    },
    event: {
      brief: 'Events: what happens',
      verbs: {
        tail: {
          brief: 'Show events, the last ones and every new one',
          load: () => import('./event/tail.ts'),
        },
      },
    },
    key: {
      brief: 'API keys of your tenant',
      verbs: {
        create: {
          brief: 'Make a key; its secret is shown once',
          load: () => import('./key/create.ts'),
        },
        list: { brief: 'List keys', load: () => import('./key/list.ts') },
        revoke: { brief: 'Revoke a key', load: () => import('./key/revoke.ts') },
      },
    },
    tenant: {
      brief: 'Tenants of this platform',
      verbs: {
        create: {
          brief: 'Make a tenant and its first admin key',
          load: () => import('./tenant/create.ts'),
        },
        list: { brief: 'List tenants', load: () => import('./tenant/list.ts') },
      },
    },
    failure: { brief: 'Explain a failure code', load: () => import('./failure.ts') },
    doctor: { brief: 'Find what is wrong, and what helps', load: () => import('./doctor.ts') },
  },
}

/** The words of a command line that name a verb or a group, and what they name. */
export const resolve = (inputs: readonly string[]): { path: string[]; entry: Verb | Group } => {
  const path: string[] = []
  let entry: Verb | Group = verbs
  for (const word of inputs) {
    if (!isGroup(entry) || !Object.hasOwn(entry.verbs, word)) break
    entry = entry.verbs[word]!
    path.push(word)
  }
  return { path, entry }
}

/** Every verb below a group, by its full name, in the order of the table. */
export const leaves = (group: Group, path: readonly string[] = []): [name: string, verb: Verb][] =>
  Object.entries(group.verbs).flatMap(([word, entry]) =>
    isGroup(entry)
      ? leaves(entry, [...path, word])
      : [[[...path, word].join(' '), entry] satisfies [string, Verb]],
  )
