/**
 * Who may know whom. Everything may import core; core imports nobody. functions and node-agent meet
 * only in core/contract. local, which plays the cloud, imports both. infra names files, it imports no
 * code. Nobody imports local, infra, test or bench, except test and bench.
 */
import { posix } from 'node:path'
import { isNode, walk } from './house.ts'
import type { House, Node, Source } from './house.ts'
import type { Finding, Rule } from './rule.ts'

interface Room {
  /** Rooms it may import from, besides itself. */
  rooms: string[]
  /** Packages it may import; "node:" stands for all of Node's own; absent: any. */
  packages?: string[]
}

const rooms: Record<string, Room> = {
  core: { rooms: [], packages: ['zod', 'node:crypto'] },
  functions: { rooms: ['core'], packages: ['node:', 'zod', '@middy/core', 'aws-lambda'] },
  'node-agent': { rooms: ['core'], packages: ['node:', 'zod', 'ws'] },
  cli: { rooms: ['core'], packages: ['node:', 'zod', 'ws', '@stricli/core'] },
  console: { rooms: ['core'] },
  infra: {
    rooms: ['core'],
    packages: ['node:', 'aws-cdk-lib', 'constructs', 'cdk-nag', 'esbuild'],
  },
  local: { rooms: ['core', 'functions', 'node-agent'] },
}

const closed = new Set(['local', 'infra', 'test', 'bench'])
const awsSdk = /^@(aws-sdk|smithy)\//
const mayUseAwsSdk = /^(functions\/aws|infra|local|test|bench)\/|\.test\.ts$/

interface Import {
  specifier: string
  line: number
  isType: boolean
}

export function importsOf(source: Source): Import[] {
  const found: Import[] = []
  walk(source.ast, (node) => {
    const from = specifierOf(node)
    if (from === undefined) return
    const isType = node['importKind'] === 'type' || node.type === 'TSImportType'
    found.push({ specifier: from, line: source.lineAt(node.start), isType })
  })
  return found
}

function specifierOf(node: Node): string | undefined {
  const holds =
    /^(ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration|ImportExpression|TSImportType)$/
  if (!holds.test(node.type)) return undefined
  const literal = node['source'] ?? node['argument']
  return isNode(literal) && typeof literal['value'] === 'string' ? literal['value'] : undefined
}

function adviceFor(from: string, to: string): string {
  if (from === 'core')
    return 'core is pure and imports nobody: hand in what it needs as an argument'
  if (to === 'node-agent' || to === 'functions') {
    return 'these rooms meet in core/contract: put what both must know there, as data'
  }
  if (to === 'cli' || to === 'console') return 'put what both need into core'
  return `nobody imports ${to}: hand it in, or put what is needed into core`
}

function judge(source: Source, { specifier, line }: Import): Finding[] {
  const room = rooms[source.room]
  if (!room || (closed.has(source.room) && source.isTest)) return []
  if (!specifier.startsWith('.')) return judgePackage(source, room, specifier, line)
  const target = posix.join(posix.dirname(source.path), specifier)
  const to = target.includes('/') ? (target.split('/')[0] ?? '') : ''
  const allowed = to === '' || to === source.room || room.rooms.includes(to)
  if (allowed || (source.isTest && to === 'test')) return []
  return [{ line, what: `imports ${target}`, instead: adviceFor(source.room, to) }]
}

function judgePackage(source: Source, room: Room, specifier: string, line: number): Finding[] {
  if (awsSdk.test(specifier)) {
    if (mayUseAwsSdk.test(source.path)) return []
    const instead = 'only functions/aws talks to the AWS SDK: ask it, or add there what is missing'
    return [{ line, what: `imports ${specifier}`, instead }]
  }
  const known = [
    ...(room.packages ?? [specifier]),
    ...(source.isTest ? ['node:', 'vitest', 'fast-check'] : []),
  ]
  const isKnown = known.some((name) =>
    name === 'node:'
      ? specifier.startsWith('node:')
      : specifier === name || specifier.startsWith(`${name}/`),
  )
  if (isKnown) return []
  const instead = `${source.room} knows only ${known.join(', ')}: do without it, or extend test/tidy/rooms.ts and say why`
  return [{ line, what: `imports ${specifier}`, instead }]
}

export const roomRules: Rule[] = [
  {
    name: 'imports go in one direction',
    instead: 'see the table of rooms in ARCHITECTURE.md',
    find: (source) => (source.isCode ? importsOf(source).flatMap((i) => judge(source, i)) : []),
    caught: [
      ['core/vm.ts', `import { table } from '../functions/aws/table.ts'`],
      ['core/vm.ts', `import { readFileSync } from 'node:fs'`],
      ['core/vm.ts', `import type { Clock } from '../local/x.ts'`],
      ['functions/api/get-vm.ts', `import { agent } from '../../node-agent/agent.ts'`],
      ['functions/api/get-vm.ts', `import { DynamoDBClient } from '@aws-sdk/client-dynamodb'`],
      ['node-agent/main.ts', `export { x } from '../functions/agent/report.ts'`],
      ['node-agent/main.ts', `const x = await import('../local/main.ts')`],
      ['cli/vm.ts', `import { x } from '../functions/api/get-vm.ts'`],
      ['cli/vm.ts', `type X = import('../test/x.ts').X`],
      ['infra/app.ts', `import { x } from '../functions/api/get-vm.ts'`],
      ['functions/api/get-vm.test.ts', `import { x } from '../../local/dynamodb/engine.ts'`],
      ['cli/vm.ts', `import chalk from 'chalk'`],
    ],
    fine: [
      ['core/vm.ts', `import * as z from 'zod'\nimport { x } from './ids.ts'`],
      ['functions/aws/table.ts', `import { DynamoDBClient } from '@aws-sdk/client-dynamodb'`],
      ['functions/api/get-vm.ts', `import { x } from '../../core/contract/api.ts'`],
      ['local/main.ts', `import { x } from '../node-agent/agent.ts'\nimport { y } from 'jsonata'`],
      ['test/x.test.ts', `import { x } from '../local/main.ts'`],
      ['core/vm.test.ts', `import { skipUnless } from '../test/lacking.ts'\nimport 'vitest'`],
      ['cli/main.ts', `import manifest from '../package.json' with { type: 'json' }`],
    ],
  },
  {
    name: 'every package that is imported is named in package.json',
    instead: 'pin it there exactly (dependencies for what ships), or do without it',
    find: (source, house) => (source.isCode ? findUnnamedPackages(source, house) : []),
    caught: [
      ['core/a.ts', `import { x } from 'no-such-package/deep'`],
      ['core/a.ts', `import { x } from '@no-such/package'`],
      ['local/a.ts', `import { test } from 'vitest'`],
    ],
    fine: [
      ['core/a.ts', `import * as z from 'zod'\nimport { x } from 'node:fs'`],
      ['core/a.ts', `import type { Handler } from 'aws-lambda'`],
      ['test/a.ts', `import { test } from 'vitest'`],
    ],
  },
  {
    name: 'zod is imported whole, as z',
    instead: `write \`import * as z from 'zod'\`: the braces put 450 kB instead of 90 kB into a bundle`,
    find: (source) => (source.isCode ? findZodBraces(source) : []),
    caught: [
      ['core/a.ts', `import { z } from 'zod'`],
      ['core/a.ts', `import z from 'zod'`],
    ],
    fine: [
      ['core/a.ts', `import * as z from 'zod'`],
      ['core/a.ts', `import type { ZodType } from 'zod'`],
    ],
  },
]

interface Manifest {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

function findUnnamedPackages(source: Source, house: House): Finding[] {
  const { dependencies, devDependencies } = JSON.parse(
    house.get('package.json')?.text ?? '{"dependencies":{},"devDependencies":{}}',
  ) as Manifest
  // What never ships may use the tools.
  const isTool = source.isTest || ['infra', ''].includes(source.room)
  return importsOf(source).flatMap(({ specifier, isType, line }) => {
    if (/^(\.|node:)/.test(specifier)) return []
    const parts = specifier.split('/')
    const name = parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
    const isNamed = name in dependencies || ((isTool || isType) && name in devDependencies)
    if (isNamed || (isType && `@types/${name}` in devDependencies)) return []
    return [{ line, what: `imports ${name}` }]
  })
}

function findZodBraces(source: Source): Finding[] {
  const found: Finding[] = []
  walk(source.ast, (node, parent) => {
    if (!/^Import(Default)?Specifier$/.test(node.type) || parent?.['importKind'] === 'type') return
    if (parent && specifierOf(parent) === 'zod') {
      found.push({ line: source.lineAt(node.start), what: 'imports a name from zod' })
    }
  })
  return found
}
