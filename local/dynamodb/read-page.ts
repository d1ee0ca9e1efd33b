/**
 * One page of a Query or Scan: a walk along one index from a known place, which ends at the limit, at
 * 1 MB, or at the end. It reads the rows of the page and no others, however large the table is.
 */
import type { Item } from './attribute-values.ts'
import { meets } from './conditions.ts'
import { ConsumedCapacity, readUnits } from './consumed-capacity.ts'
import type { Bound, ConditionTree, Path } from './expression-trees.ts'
import type { Edge, Walk } from './key-conditions.ts'
import { limits } from './limits.ts'
import type { World } from './operation.ts'
import { project } from './projections.ts'
import type { SqlValue } from './storage.ts'
import { pick, positionAttributes } from './table.ts'
import type { GlobalIndex, Table } from './table.ts'

export interface PageRequest {
  table: Table
  index: GlobalIndex | undefined
  /** Absent for a scan. */
  walk: Walk | undefined
  /** Where the previous page ended, as the free columns of the walk. */
  start: Uint8Array[] | undefined
  forward: boolean
  limit: number | undefined
  filter: Bound<ConditionTree> | undefined
  paths: readonly Path[] | undefined
  countOnly: boolean
  consistent: boolean
  returnConsumedCapacity: string | undefined
}

const columns = {
  item: ['hash', 'range'],
  entry: ['index_hash', 'index_range', 'hash', 'range'],
} as const

export function readPage(world: World, request: PageRequest): object {
  const { table, index, filter, paths } = request
  const { sql, values } = walkStatement(world, request)
  const position = positionAttributes(table, index).map(({ name }) => name)
  const items: Item[] = []
  let scanned = 0
  let count = 0
  let bytes = 0
  let lastKey: Item | undefined
  const rows = world.storage.statement(sql).iterate(...values)
  for (const row of rows as Iterable<{ json: string; size: number }>) {
    const item = JSON.parse(row.json) as Item
    scanned++
    bytes += row.size
    if (!filter || meets(item, filter)) {
      count++
      if (!request.countOnly) items.push(paths ? project(item, paths) : item)
    }
    if (scanned === request.limit || bytes >= limits.pageBytes) {
      lastKey = pick(item, position)
      break
    }
  }
  world.counts.itemsRead += scanned
  const capacity = new ConsumedCapacity()
  capacity.add(table.name, index ? 0 : readUnits(bytes, request.consistent))
  if (index) capacity.add(table.name, readUnits(bytes, request.consistent), index.name)
  return {
    ...(!request.countOnly && { Items: items }),
    Count: count,
    ScannedCount: scanned,
    ...(lastKey && { LastEvaluatedKey: lastKey }),
    ...capacity.single(request.returnConsumedCapacity),
  }
}

function walkStatement(
  world: World,
  { table, index, walk, start, forward, limit }: PageRequest,
): { sql: string; values: SqlValue[] } {
  const all: readonly string[] = index ? columns.entry : columns.item
  const free = walk ? all.slice(1) : all
  const where = [index ? 'index_id = ?' : 'table_id = ?']
  const values: SqlValue[] = [index ? world.lag.idFor(index) : table.id]
  if (walk) {
    where.push(`${all[0]} = ?`)
    values.push(walk.hash)
  }
  // A start lies within the walk, so it takes the place of the edge that the walk would begin at.
  const edges = { low: walk?.low, high: walk?.high }
  if (start) {
    delete edges[forward ? 'low' : 'high']
    const marks = start.map(() => '?').join(', ')
    where.push(`(${free.join(', ')}) ${forward ? '>' : '<'} (${marks})`)
    values.push(...start)
  }
  addEdge(where, values, free[0]!, '>', edges.low)
  addEdge(where, values, free[0]!, '<', edges.high)
  const order = free.map((column) => (forward ? column : `${column} DESC`)).join(', ')
  const from = index ? 'ddb_entry' : 'ddb_item'
  values.push(limit ?? -1)
  return {
    sql: `SELECT json, size FROM ${from} WHERE ${where.join(' AND ')} ORDER BY ${order} LIMIT ?`,
    values,
  }
}

function addEdge(
  where: string[],
  values: SqlValue[],
  column: string,
  comparison: '<' | '>',
  edge: Edge | undefined,
): void {
  if (!edge) return
  where.push(`${column} ${comparison}${edge.inclusive ? '=' : ''} ?`)
  values.push(edge.at)
}
