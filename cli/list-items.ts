/** A list, page by page, until --limit: what a person sees as one list. */
import type { RouteName, Routes } from '../core/contract/api.ts'
import type { Answer, Client, Request, Sending } from './client.ts'

export type ListRoute = {
  [N in RouteName]: Routes[N]['list'] extends null ? never : N
}[RouteName]
export type Item<N extends ListRoute> = Answer<N>['items'][number]

export interface Wanted {
  filter?: string | undefined
  limit: number
  sending?: Sending
}

/** A page may be empty and yet not the last one: a filter looks at a bounded number of items per request. */
export const listItems = async <N extends ListRoute>(
  api: Client,
  route: N,
  { filter, limit, sending }: Wanted,
): Promise<{ items: Item<N>[]; more: boolean }> => {
  const items: Item<N>[] = []
  let pageToken: string | null | undefined
  do {
    const query = {
      pageSize: Math.min(limit - items.length, 1000),
      ...(filter !== undefined && { filter }),
      ...(pageToken && { pageToken }),
    }
    const page = await api.call(route, { query } as Request<N>, sending)
    items.push(...(page.items as Item<N>[]))
    pageToken = page.nextPageToken
  } while (pageToken && items.length < limit)
  return { items, more: Boolean(pageToken) }
}
