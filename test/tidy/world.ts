/**
 * What code may not reach for by itself: the time, chance, and the environment. Each is handed in, so
 * that a test or a simulation can own it; each has the one file where it enters the house.
 */
import { dottedName, isNode, walk } from './house.ts'
import type { Node, Source } from './house.ts'
import type { Finding, Rule } from './rule.ts'

/** Runs before anything is installed: it cannot import the clock. */
const isSetUp = (source: Source) => /^local\/set-up(\.mjs$|\/)/.test(source.path)

const readsEnvironment =
  /^((functions\/aws|node-agent|local|cli)\/(config|environment)|local\/main|infra\/app|vitest\.config)\.ts$/

function findIn(
  source: Source,
  judge: (node: Node, parent: Node | undefined) => string | undefined,
) {
  const found: Finding[] = []
  walk(source.ast, (node, parent) => {
    const what = judge(node, parent)
    if (what) found.push({ line: source.lineAt(node.start), what })
  })
  return found
}

function isReference(node: Node, parent: Node | undefined): boolean {
  if (!parent || parent.type.startsWith('TS')) return false
  const isNamedKey = (parent['key'] === node && !parent['computed']) || parent['property'] === node
  return !isNamedKey && !parent.type.endsWith('Specifier')
}

function readsTime(node: Node, parent: Node | undefined): string | undefined {
  const name = dottedName(node)
  if (name && /^(globalThis\.)?(Date\.now|performance\.now|process\.hrtime)$/.test(name))
    return `reads ${name}`
  if (
    node.type === 'Identifier' &&
    /^set(Timeout|Interval)$/.test(name ?? '') &&
    isReference(node, parent)
  ) {
    return `uses ${name}`
  }
  const isDate = /^(New|Call)Expression$/.test(node.type) && dottedName(node['callee']) === 'Date'
  if (isDate && (node['arguments'] as unknown[]).length === 0) return 'makes a Date of now'
  const from =
    node.type === 'ImportDeclaration' && isNode(node['source']) && node['source']['value']
  if (typeof from === 'string' && /^(node:)?timers(\/promises)?$/.test(from))
    return `imports ${from}`
  return undefined
}

export const worldRules: Rule[] = [
  {
    name: 'time is read and waited for only through a Clock',
    instead: 'take a Clock (core/clock.ts) as an argument: clock.now(), clock.sleep(ms, signal)',
    find(source) {
      if (!source.isCode || source.isTest || isSetUp(source) || source.path === 'core/clock.ts')
        return []
      return findIn(source, readsTime)
    },
    caught: [
      ['core/vm.ts', 'const at = Date.now()'],
      ['core/vm.ts', 'const at = new Date()'],
      ['core/vm.ts', 'const now = Date.now'],
      ['local/a.ts', 'setTimeout(() => {}, 5)'],
      ['local/a.ts', 'const later = setInterval'],
      ['local/a.ts', 'const t = performance.now()'],
      ['local/a.ts', `import { setTimeout as wait } from 'node:timers/promises'`],
    ],
    fine: [
      ['core/clock.ts', 'Date.now()'],
      ['core/vm.ts', 'new Date(clock.now()).toISOString()'],
      ['core/vm.ts', '// not Date.now()\nconst a = "setTimeout"'],
      ['local/a.ts', 'socket.setTimeout(5); clearTimeout(x)'],
      ['local/a.ts', 'let t: ReturnType<typeof setTimeout>'],
      ['core/vm.test.ts', 'Date.now()'],
      ['local/set-up/lock.mjs', 'Date.now()'],
    ],
  },
  {
    name: 'chance is handed in',
    instead: 'take a source of randomness as an argument, or an id from core/ids.ts',
    find(source) {
      if (!source.isCode || source.isTest) return []
      return findIn(source, (node) =>
        dottedName(node) === 'Math.random' ? 'uses Math.random' : undefined,
      )
    },
    caught: [['core/a.ts', 'const jitter = Math.random() * 5']],
    fine: [
      ['core/a.ts', 'const jitter = random() * 5'],
      ['test/a.ts', 'Math.random()'],
    ],
  },
  {
    name: 'the environment is read in one file per room',
    instead: "read it in the room's environment.ts or config.ts and hand the value on",
    find(source) {
      const exempt = source.isTest || isSetUp(source) || readsEnvironment.test(source.path)
      if (!source.isCode || exempt) return []
      return findIn(source, (node) =>
        dottedName(node) === 'process.env' ? 'reads process.env' : undefined,
      )
    },
    caught: [
      ['functions/api/get-vm.ts', `const table = process.env['TABLE']`],
      ['cli/vm.ts', 'const { HOME } = process.env'],
    ],
    fine: [
      ['cli/config.ts', 'process.env.HOME'],
      ['local/environment.ts', 'process.env.HOME'],
      ['cli/vm.ts', 'const url = config.url // not process.env'],
      ['test/a.ts', 'process.env.CI'],
    ],
  },
]
