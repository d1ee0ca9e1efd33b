/**
 * What a function needs to be allowed, told from its code: which commands it sends, which keys the items have that it
 * writes, which workflows it names. In the terms of infra/permissions.ts.
 */
import { routeNames, routeOf, type RouteName } from '../../core/contract/api.ts'
import { socketRoutes } from '../../core/contract/cloud.ts'
import { keyOf, type Key } from '../../functions/aws/keys.ts'
import type { Permissions, Read, Write } from '../../infra/permissions.ts'
import type { FunctionName } from '../../core/contract/function-name.ts'
import { functionFile, workflowNames } from '../../infra/source-files.ts'
import { isNode, type Node } from '../tidy/house.ts'
import {
  bare,
  declarationAt,
  eachNode,
  nameOf,
  placeOf,
  reachedFrom,
  type Condition,
  type Place,
} from './reach.ts'

const aws = (file: string, name: string) => `functions/aws/${file}.ts#${name}`

const routeBehind = (functionName: string) => {
  const name = functionName.split('/')[1] as RouteName
  return routeNames.includes(name) ? routeOf(name) : undefined
}
const isRoute = (holds: (route: ReturnType<typeof routeOf>) => boolean) => (name: string) => {
  const route = routeBehind(name)
  return route !== undefined && holds(route)
}
const hasPhase = (functionName: string) => {
  const file = declarationAt(`${functionFile(functionName as FunctionName)}#handler`)
  let found = false
  if (file)
    eachNode(file.node, (node) => {
      const [phase] = (node['arguments'] as Node[] | undefined) ?? []
      if (node.type === 'CallExpression' && nameOf(node['callee']) === 'step')
        found ||= !(phase?.type === 'Literal' && phase['value'] === null)
    })
  return found
}
const answersMessages = (functionName: string) =>
  Object.entries(socketRoutes).some(
    ([key, file]) => `socket/${file}` === functionName && !/^\$(dis)?connect$/.test(key),
  )

/** Branches in shared code that the route table, or the way a function is called, decides. */
const conditions: Condition[] = [
  {
    from: aws('change', 'perform'),
    to: aws('begin', 'begin'),
    when: isRoute(({ operation }) => operation),
  },
  {
    from: aws('change', 'writesOf'),
    to: aws('items', 'unstartedItem'),
    when: isRoute(({ operation }) => operation),
  },
  { from: aws('step', 'step'), to: aws('operations', 'changeOperation'), when: hasPhase },
  { from: aws('socket', 'socketHandler'), to: aws('doorbell', 'post'), when: answersMessages },
]

/** What is needed, each list in order and without doubles. */
export function needsOf(name: FunctionName): Permissions {
  const reached = reachedFrom(`${functionFile(name)}#handler`, name, conditions)
  const sends = (command: string) => [...reached].some((place) => place.endsWith(`#${command}`))
  const written = [...reached].flatMap((place) => writesIn(place, reached))
  const named = [...reached].flatMap(workflowsNamedIn)
  return inOrder({
    reads: [
      ...(sends('GetCommand') ? (['item'] as const) : []),
      ...(sends('BatchGetCommand') ? (['items'] as const) : []),
      ...(sends('QueryCommand') ? [...reached].flatMap(queriesIn) : []),
      ...[...reached].flatMap(checksIn),
    ],
    writes: {
      how: written.map(({ how }) => how),
      where: written.flatMap(({ where }) => where),
    },
    starts: sends('StartExecutionCommand') ? (named.length > 0 ? named : workflowNames()) : [],
    answers: (['success', 'failure', 'heartbeat'] as const).filter((how) =>
      sends(`SendTask${how[0]!.toUpperCase()}${how.slice(1)}Command`),
    ),
    seals: sends('DecryptCommand') || sends('GenerateDataKeyCommand'),
    rings: sends('PostToConnectionCommand'),
  })
}

const ordered = <T extends string>(values: readonly T[]) => [...new Set(values)].toSorted()

export const inOrder = ({ reads, writes, starts, answers, ...rest }: Permissions): Permissions => ({
  reads: ordered(reads),
  writes: { how: ordered(writes.how), where: ordered(writes.where) },
  starts: ordered(starts),
  answers: ordered(answers),
  ...rest,
})

/** Object literals in the functions' own code at a place, with the values of their properties. */
function literalsIn(place: Place): { path: string; within: Node; fields: Map<string, Node> }[] {
  const declaration = declarationAt(place)
  if (!declaration?.path.startsWith('functions/')) return []
  const { path, node: within } = declaration
  const found: { path: string; within: Node; fields: Map<string, Node> }[] = []
  eachNode(within, (node) => {
    if (node.type !== 'ObjectExpression') return
    const properties = (node['properties'] as Node[]).filter(({ type }) => type === 'Property')
    const fields = properties.map((each) => [nameOf(each['key']), each['value'] as Node] as const)
    found.push({ path, within, fields: new Map(fields) })
  })
  return found
}

const queriesIn = (place: Place): Read[] =>
  literalsIn(place).flatMap(({ fields }): Read[] => {
    if (!fields.has('partition')) return []
    return [fields.has('index') ? 'index' : 'partition']
  })

/** `{ expect: key }`: a transaction rests on an item that it leaves as it is. */
const checksIn = (place: Place): Read[] =>
  literalsIn(place).flatMap(({ fields }): Read[] => (fields.has('expect') ? ['check'] : []))

const workflowsNamedIn = (place: Place): string[] =>
  literalsIn(place).flatMap(({ fields }) => {
    const workflow = fields.get('workflow')
    return workflow?.type === 'Literal' ? [String(workflow['value'])] : []
  })

const howOf: Record<string, Write> = {
  create: 'put',
  replace: 'put',
  remove: 'delete',
  count: 'update',
}

/** Changes are literals (`{ create: item }`, `{ remove: key }`) or calls of `set` and `count`. */
function writesIn(place: Place, reached: ReadonlySet<Place>): { how: Write; where: string[] }[] {
  const found: { how: Write; where: string[] }[] = []
  const add = (how: Write, what: Node, path: string, within: Node) => {
    const maker = what.type === 'CallExpression' && placeOf(path, what['callee'] as Node)
    // The branch that makes this item is one this function never takes.
    if (maker && !reached.has(maker)) return
    const where = keysIn(what, path, within)
    if (where.length === 0) throw new Error(`cannot tell which key ${place} writes`)
    found.push({ how, where })
  }
  for (const { path, within, fields } of literalsIn(place))
    for (const [field, value] of fields) {
      const how = howOf[field]
      if (how) add(how, value, path, within)
    }
  const declaration = declarationAt(place)
  if (!declaration?.path.startsWith('functions/')) return found
  const { path, node: within } = declaration
  eachNode(within, (node) => {
    if (node.type !== 'CallExpression') return
    const callee = placeOf(path, node['callee'] as Node)
    if (callee === aws('commit', 'set') || callee === aws('commit', 'count'))
      add('update', (node['arguments'] as Node[])[0]!, path, within)
  })
  return found
}

/** The partitions that a key, or an item that begins with its key, may lie in. */
function keysIn(expression: Node, path: string, within: Node): string[] {
  const node = bare(expression)!
  const follow = (next: unknown) => (isNode(next) ? keysIn(next, path, within) : [])
  switch (node.type) {
    case 'Identifier':
      return assignmentsOf(nameOf(node), within).flatMap(follow)
    case 'AwaitExpression':
      return follow(node['argument'])
    case 'ObjectExpression':
      return (node['properties'] as Node[])
        .filter(({ type }) => type === 'SpreadElement')
        .flatMap(({ argument }) => follow(argument))
    case 'MemberExpression': {
      const place = placeOf(path, node)
      return place?.startsWith(aws('keys', 'keyOf.')) ? [patternOf(place)] : []
    }
    case 'CallExpression': {
      const callee = placeOf(path, node['callee'] as Node)
      const made = callee ? [...reachedFrom(callee)].filter(isKey) : []
      // Whoever knows the key itself says it; anybody else is handed it first.
      return made.length > 0 ? made.map(patternOf) : follow((node['arguments'] as Node[])[0])
    }
    default:
      return []
  }
}

const isKey = (place: Place) => place.startsWith(aws('keys', 'keyOf.'))

function patternOf(place: Place): string {
  const kind = place.slice(aws('keys', 'keyOf.').length) as keyof typeof keyOf
  const make = keyOf[kind] as Key | ((...parts: string[]) => Key)
  const { pk } = typeof make === 'function' ? make('*', '*', '*', '*') : make
  return pk.replace(/(#\*)+$/, '#*')
}

/** What a local name was declared to be. */
function assignmentsOf(name: string, within: Node): Node[] {
  const found: Node[] = []
  eachNode(within, (node) => {
    if (node.type !== 'VariableDeclarator' || !isNode(node['init'])) return
    let isDeclared = false
    eachNode(node['id'] as Node, (inner) => {
      isDeclared ||= inner.type === 'Identifier' && nameOf(inner) === name
    })
    if (isDeclared) found.push(node['init'])
  })
  return found
}
