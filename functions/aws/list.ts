/**
 * How a list is read: a partition in the order of its sort keys, page by page, filtered on the way. One request reads
 * a bounded number of items whatever the filter finds, so a page may be short or empty and still have a next one;
 * only a null nextPageToken is the end.
 */
import { createHash } from 'node:crypto'
import { matches, parseFilter, type Filter } from '../../core/filter.ts'
import { routes, type RouteName } from '../../core/contract/api.ts'
import type { Route } from '../../core/contract/route.ts'
import type { Principal } from '../../core/access.ts'
import { resourceOf, type Item } from './items.ts'
import { openPageToken, sealPageToken } from './page-token.ts'
import { query, type Range } from './table.ts'

export interface ListQuery {
  pageSize?: number | undefined
  pageToken?: string | undefined
  filter?: string | undefined
}

interface Asked {
  query: ListQuery
  principal: Principal
  now: number
}

/** Items read by one request at most; a filter that finds little goes on with the next page. */
export const readBudget = 1000

/** Characters on a page, more or less: an answer of a function has an end at 6 MB. */
const pageLength = 1_000_000

export interface Page<T> {
  items: T[]
  nextPageToken: string | null
}

export const listPage = async <T extends object>(
  route: RouteName,
  { query: asked, principal, now }: Asked,
  where: (filter: Filter | undefined) => Pick<Range, 'partition' | 'index'>,
): Promise<Page<T>> => {
  const fields = (routes[route] as Route).list!.fields
  const filter = asked.filter === undefined ? undefined : parseFilter(asked.filter, fields)
  const identity = identityOf(route, principal, asked.filter)
  const after = asked.pageToken ? await openPageToken(asked.pageToken, identity, now) : undefined
  const found = await collect<T>(where(filter), filter, asked.pageSize ?? 50, after)
  return {
    items: found.items,
    nextPageToken: found.goOn === null ? null : await sealPageToken(found.goOn, identity, now),
  }
}

const identityOf = (route: RouteName, { tenantId }: Principal, filter: string | undefined) =>
  createHash('sha256')
    .update(JSON.stringify([route, tenantId, filter ?? null]))
    .digest('hex')

const collect = async <T extends object>(
  range: Pick<Range, 'partition' | 'index'>,
  filter: Filter | undefined,
  pageSize: number,
  after: string | undefined,
): Promise<{ items: T[]; goOn: string | null }> => {
  const items: T[] = []
  let last = after
  let budget = readBudget
  let length = 0
  while (budget > 0) {
    const limit = filter ? Math.min(budget, Math.max(100, pageSize)) : pageSize - items.length
    const page = await query({ ...range, limit, ...(last !== undefined && { after: last }) })
    budget -= page.items.length
    for (const item of page.items) {
      last = sortKeyOf(item, range)
      const resource = resourceOf<T>(item)
      if (filter && !matches(filter, resource as Record<string, unknown>)) continue
      items.push(resource)
      length += JSON.stringify(resource).length
      if (items.length === pageSize || length > pageLength) {
        const end = item === page.items.at(-1) && !page.more
        return { items, goOn: end ? null : last }
      }
    }
    if (!page.more) return { items, goOn: null }
  }
  return { items, goOn: last ?? null }
}

const sortKeyOf = (item: Item, { index }: Pick<Range, 'index'>) => (index ? item.gsi1sk! : item.sk)
