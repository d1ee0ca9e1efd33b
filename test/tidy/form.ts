/**
 * How a file looks from outside: its name, its length, its first words, and the few constructs that
 * make code harder to find or that Node cannot run without a compiler.
 */
import { isNode, walk } from './house.ts'
import type { Node, Source } from './house.ts'
import type { Finding, Rule } from './rule.ts'

const fileLinesMax = 400
const functionLinesMax = 70
const excuse = /Long because: \S/
const vague = /^(utils?|helpers?|common|misc|shared|managers?|services?|types|index)$/
const codeRooms = /^(core|functions|statemachines|node-agent|local|infra|console|cli|test|bench)\//
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/
const code = (find: (source: Source) => Finding[]) => (source: Source) =>
  source.isCode ? find(source) : []

function findName(source: Source): Finding[] {
  if (!codeRooms.test(source.path)) return []
  const parts = source.path.split('/')
  const names = parts.map((part, depth) => (depth === parts.length - 1 ? part.split('.') : [part]))
  const found: Finding[] = []
  for (const name of names.flat()) {
    if (!kebab.test(name)) found.push({ line: 1, what: `"${name}" is not kebab-case` })
    if (source.isCode && vague.test(name)) {
      const instead = 'name the one idea it holds; if it holds several, it is several files'
      found.push({ line: 1, what: `"${name}" says nothing`, instead })
    }
  }
  return found
}

function findLongFunctions(source: Source): Finding[] {
  if (source.isTest) return []
  const found: Finding[] = []
  const lines = source.text.split('\n')
  walk(source.ast, (node) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type))
      return
    const first = source.lineAt(node.start)
    const length = source.lineAt(node.end) - first + 1
    if (length <= functionLinesMax) return
    if (excuse.test(lines.slice(Math.max(0, first - 5), first + 2).join('\n'))) return
    found.push({ line: first, what: `holds a function of ${length} lines` })
  })
  return found
}

function findUnerasable(source: Source): Finding[] {
  const found: Finding[] = []
  const names: Record<string, string> = {
    TSEnumDeclaration: 'an enum',
    TSParameterProperty: 'a parameter property',
    TSExportAssignment: '`export =`',
    TSImportEqualsDeclaration: '`import =`',
  }
  walk(source.ast, (node) => {
    const what = names[node.type]
    if (what) found.push({ line: source.lineAt(node.start), what: `has ${what}` })
  })
  return found
}

function statements(source: Source): Node[] {
  return (source.ast['body'] as unknown[]).filter(isNode)
}

function findDefaultExport(source: Source): Finding[] {
  if (source.path.endsWith('.config.ts')) return []
  return statements(source)
    .filter((node) => node.type === 'ExportDefaultDeclaration')
    .map((node) => ({ line: source.lineAt(node.start), what: 'has a default export' }))
}

function findBarrel(source: Source): Finding[] {
  const all = statements(source)
  const passesOn = (node: Node) =>
    /^Export(All|Named)Declaration$/.test(node.type) && isNode(node['source'])
  return all.length > 0 && all.every(passesOn) ? [{ line: 1, what: 'only passes names on' }] : []
}

const long = (lines: number, before = '') => before + 'const a = 1\n'.repeat(lines)

export const formRules: Rule[] = [
  {
    name: 'files are named in kebab-case, after the one thing they hold',
    instead: 'write it-like-this.ts: verbs for what runs, nouns for what is',
    find: findName,
    caught: [
      ['core/vmState.ts', ''],
      ['functions/api/utils.ts', ''],
      ['local/common/x.ts', ''],
      ['core/index.ts', ''],
      ['core/contract/types.ts', ''],
      ['statemachines/Create_VM.asl.json', '{}'],
    ],
    fine: [
      ['core/vm-state.test.ts', ''],
      ['statemachines/create-vm.asl.json', '{}'],
      ['README.md', ''],
      ['console/index.html', ''],
    ],
  },
  {
    name: `files have at most ${fileLinesMax} lines`,
    instead:
      'split it by what its parts know; or say why not in its first comment: "Long because: …"',
    find: code((source) => {
      if (source.lines <= fileLinesMax || excuse.test(source.text.slice(0, 1_000))) return []
      return [{ line: 1, what: `has ${source.lines} lines` }]
    }),
    caught: [['core/a.ts', long(401)]],
    fine: [
      ['core/a.ts', long(400)],
      ['core/a.ts', long(900, '/** Grammar. Long because: it is one table. */\n')],
    ],
  },
  {
    name: `functions have at most ${functionLinesMax} lines`,
    instead: 'give its steps names of their own; or say why not above it: "Long because: …"',
    find: code(findLongFunctions),
    caught: [
      ['core/a.ts', `function f() {\n${long(70)}}`],
      ['core/a.ts', `const f = () => {\n${long(70)}}`],
    ],
    fine: [
      ['core/a.ts', `function f() {\n${long(68)}}`],
      ['core/a.ts', `// Long because: it is one table.\nfunction f() {\n${long(70)}}`],
      ['core/a.test.ts', `function f() {\n${long(70)}}`],
    ],
  },
  {
    name: 'a file begins with why it exists',
    instead: 'start it with a comment of one to five sentences: why it exists, not what it does',
    find: code((source) => {
      if (source.path.endsWith('.test.ts')) return []
      const text = source.text.replace(/^#!.*\n/, '').trimStart()
      return /^(\/\*\*?\s|\/\/ )/.test(text) ? [] : [{ line: 1, what: 'begins without a comment' }]
    }),
    caught: [
      ['core/a.ts', `import 'zod'\n/** Late. */`],
      ['local/a.mjs', `#!/usr/bin/env node\nrun()`],
    ],
    fine: [
      ['core/a.ts', `/** Why. */\nimport 'zod'`],
      ['cli/main.ts', `#!/usr/bin/env node\n/** Why. */\nrun()`],
      ['core/a.test.ts', `import 'vitest'`],
    ],
  },
  {
    name: 'exports have names',
    instead: 'export it by name: a name can be searched for',
    find: code(findDefaultExport),
    caught: [['core/a.ts', 'export default 1']],
    fine: [
      ['core/a.ts', 'export const a = 1'],
      ['vitest.config.ts', 'export default {}'],
    ],
  },
  {
    name: 'there are no barrels',
    instead: 'delete it, and import each name from the file that owns it',
    find: code(findBarrel),
    caught: [['core/all.ts', `export * from './vm.ts'\nexport { host } from './host.ts'`]],
    fine: [['core/a.ts', `export { a } from './b.ts'\nexport const c = 1`]],
  },
  {
    name: 'types can be erased',
    instead:
      'Node runs our files as they are: use a union of strings, or assign the field in the body',
    find: code(findUnerasable),
    caught: [
      ['core/a.ts', 'enum A { B }'],
      ['core/a.ts', 'class A { constructor(private b: number) {} }'],
    ],
    fine: [['core/a.ts', `type A = 'b' | 'c'\nclass B { constructor(c: number) { this.c = c } }`]],
  },
]

/** The median length of a source file that is not a test: the figure to keep an eye on. */
export function lengths(sources: Source[]) {
  const measured = sources
    .filter((source) => source.isCode && !source.isTest)
    .map(({ path, lines }) => ({ path, lines }))
    .toSorted((a, b) => a.lines - b.lines)
  return {
    median: measured[measured.length >> 1]?.lines ?? 0,
    longest: measured.slice(-3).toReversed(),
  }
}
