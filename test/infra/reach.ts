/**
 * What a function's code reaches: from its handler along the names that top-level declarations use, across files, down to
 * what is imported from packages. Coarser than running it (a branch never taken counts too), finer than its imports.
 */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { isNode, Source, type Node } from '../tidy/house.ts'

const root = join(import.meta.dirname, '..', '..')

/** `functions/aws/table.ts#commit`, `functions/aws/keys.ts#keyOf.owner`, `@aws-sdk/client-kms#DecryptCommand`. */
export type Place = string

/** From `from`, `to` is reached only by functions for which `when` holds. */
export interface Condition {
  from: Place
  to: Place
  when: (functionName: string) => boolean
}

interface Module {
  path: string
  /** A declaration, by name; the members of an object literal each by their own. */
  declared: Map<string, Node>
  /** A local name → where it comes from. */
  imported: Map<string, Place>
}

const modules = new Map<string, Module>()

function moduleAt(path: string): Module {
  const known = modules.get(path)
  if (known) return known
  const source = new Source(path, readFileSync(join(root, path), 'utf8'))
  const module: Module = { path, declared: new Map(), imported: new Map() }
  for (const statement of (source.ast['body'] as Node[]) ?? []) readStatement(module, statement)
  modules.set(path, module)
  return module
}

function readStatement(module: Module, statement: Node) {
  if (statement.type === 'ImportDeclaration') return readImport(module, statement)
  const declaration = isNode(statement['declaration']) ? statement['declaration'] : statement
  if (/^(Function|Class)Declaration$/.test(declaration.type))
    return void module.declared.set(nameOf(declaration['id']), declaration)
  if (declaration.type !== 'VariableDeclaration') return
  for (const declarator of declaration['declarations'] as Node[]) {
    const name = nameOf(declarator['id'])
    module.declared.set(name, declarator)
    const value = bare(declarator['init'])
    if (value?.type !== 'ObjectExpression') continue
    for (const member of value['properties'] as Node[])
      if (member.type === 'Property')
        module.declared.set(`${name}.${nameOf(member['key'])}`, member['value'] as Node)
  }
}

function readImport(module: Module, { source, specifiers, importKind }: Node) {
  if (importKind === 'type') return
  const from = String((source as Node)['value'])
  const file = from.startsWith('.') ? posix.join(posix.dirname(module.path), from) : from
  for (const specifier of specifiers as Node[])
    if (specifier['importKind'] !== 'type')
      module.imported.set(
        nameOf(specifier['local']),
        `${file}#${specifier['imported'] ? nameOf(specifier['imported']) : '*'}`,
      )
}

export const nameOf = (node: unknown): string =>
  isNode(node) ? String(node['name'] ?? node['value'] ?? '') : ''

/** An expression without what is only said about its type. */
export const bare = (node: unknown): Node | undefined => {
  if (!isNode(node)) return undefined
  return /^(TSAs|TSSatisfies|TSNonNull)/.test(node.type) ? bare(node['expression']) : node
}

/** Calls `visit` for every node that exists at run time; what it answers `false` for is not entered. */
export function eachNode(node: Node, visit: (node: Node) => boolean | void): void {
  const runs = bare(node)
  if (!runs || runs.type.startsWith('TS') || visit(runs) === false) return
  for (const [field, value] of Object.entries(runs)) {
    const isPlainName =
      (field === 'property' && runs.type === 'MemberExpression' && !runs['computed']) ||
      (field === 'key' && runs.type === 'Property' && !runs['computed'])
    if (isPlainName) continue
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) eachNode(child, visit)
  }
}

/** Where the name, or `name.member`, used in a file leads. */
export function placeOf(path: string, expression: Node): Place | undefined {
  const module = moduleAt(path)
  if (expression.type === 'MemberExpression' && !expression['computed']) {
    const object = placeOf(path, expression['object'] as Node)
    const member = object && `${object}.${nameOf(expression['property'])}`
    return member && declarationAt(member) ? member : undefined
  }
  if (expression.type !== 'Identifier') return undefined
  const name = nameOf(expression)
  return module.imported.get(name) ?? (module.declared.has(name) ? `${path}#${name}` : undefined)
}

export function declarationAt(place: Place): { path: string; node: Node } | undefined {
  const [path = '', name = ''] = place.split('#')
  if (!path.endsWith('.ts')) return undefined
  const node = moduleAt(path).declared.get(name)
  return node && { path, node }
}

const used = new Map<Place, ReadonlySet<Place>>()

/** The places that the declaration at `place` names. */
function placesUsedBy(place: Place): ReadonlySet<Place> {
  const known = used.get(place)
  if (known) return known
  const found = new Set<Place>()
  used.set(place, found)
  const declaration = declarationAt(place)
  if (!declaration) return found
  eachNode(declaration.node, (node) => {
    const leadsTo = placeOf(declaration.path, node)
    if (leadsTo) found.add(leadsTo)
    return !leadsTo
  })
  found.delete(place)
  return found
}

/** Every place reached from `start`, itself among them. */
export function reachedFrom(
  start: Place,
  functionName = '',
  conditions: readonly Condition[] = [],
): ReadonlySet<Place> {
  const reached = new Set([start])
  for (const place of reached)
    for (const next of placesUsedBy(place)) {
      const condition = conditions.find(({ from, to }) => from === place && to === next)
      if (!condition || condition.when(functionName)) reached.add(next)
    }
  return reached
}
