/**
 * The checkout as the tidy rules see it: every file somebody wrote, with its text and, for code, its
 * syntax tree. Rules look at Sources only, so that their self-tests can hand them files that do not exist.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseAst } from 'vitest/node'

export interface Node {
  type: string
  start: number
  end: number
  [key: string]: unknown
}

export class Source {
  readonly path: string
  readonly text: string
  #ast: Node | undefined

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
  }

  get isCode(): boolean {
    return /\.(ts|mjs)$/.test(this.path)
  }

  /** Tests, wherever they lie, and what only tests and benches use. */
  get isTest(): boolean {
    return /\.test\.ts$|^(test|bench)\//.test(this.path)
  }

  get room(): string {
    return this.path.includes('/') ? (this.path.split('/')[0] ?? '') : ''
  }

  get ast(): Node {
    this.#ast ??= parseAst(this.text, { lang: 'ts' }) as unknown as Node
    return this.#ast
  }

  lineAt(offset: number): number {
    return this.text.slice(0, offset).split('\n').length
  }

  /** Lines, not counting the end of the last one. */
  get lines(): number {
    return this.text.trimEnd().split('\n').length
  }
}

export interface House {
  sources: Source[]
  has(path: string): boolean
  get(path: string): Source | undefined
}

export function houseOf(sources: Source[]): House {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const folders = new Set(sources.flatMap(({ path }) => parents(path)))
  return {
    sources,
    has: (path) => byPath.has(path) || folders.has(path),
    get: (path) => byPath.get(path),
  }
}

function parents(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, depth) => parts.slice(0, depth + 1).join('/'))
}

const notOurs = new Set([
  'node_modules',
  'build',
  'cdk.out',
  '.novacron',
  '.git',
  'package-lock.json',
])
const binary = /\.(png|jpe?g|gif|ico|woff2?|gz|zip|img|qcow2|sqlite)$/

export function readHouse(root: string): House {
  const files = readdirSync(root, { withFileTypes: true, recursive: false }).flatMap((entry) => {
    if (notOurs.has(entry.name) || entry.name.endsWith('.log')) return []
    if (entry.isFile()) return [entry.name]
    if (!entry.isDirectory()) return []
    return readdirSync(join(root, entry.name), { withFileTypes: true, recursive: true })
      .filter((inner) => inner.isFile())
      .map((inner) => join(inner.parentPath, inner.name).slice(root.length + 1))
  })
  const readable = files.filter((path) => !binary.test(path)).toSorted()
  return houseOf(readable.map((path) => new Source(path, readFileSync(join(root, path), 'utf8'))))
}

/** Calls `visit` for every node, with its parent; outermost first. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void): void {
  const step = (current: Node, parent: Node | undefined) => {
    visit(current, parent)
    for (const value of Object.values(current)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) step(child, current)
      }
    }
  }
  step(node, undefined)
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

/** `process.env` → "process.env"; anything that is not plain names joined by dots → undefined. */
export function dottedName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined
  if (node.type === 'Identifier') return String(node['name'])
  if (node.type !== 'MemberExpression' || node['computed']) return undefined
  const object = dottedName(node['object'])
  return object && `${object}.${dottedName(node['property'])}`
}
