/** Pages of long answers: an opaque token says after which row the next one begins. */
import * as z from 'zod'
import { ServiceError } from '../errors.ts'

export const pageFields = {
  maxResults: z.int().min(0).max(1_000).optional(),
  nextToken: z.string().min(1).max(1_024).optional(),
}

export interface Page {
  maxResults?: number | undefined
  nextToken?: string | undefined
}

/** Fetches one row more than the page holds, to know whether there is another page. */
export function pageOf<Item>(
  page: Page,
  usual: number,
  first: number,
  fetch: (start: number, limit: number) => Item[],
  place: (item: Item) => number,
): { items: Item[]; nextToken?: string } {
  const size = page.maxResults || usual
  const items = fetch(page.nextToken === undefined ? first : placeFrom(page.nextToken), size + 1)
  const next = items[size]
  if (next === undefined) return { items }
  return {
    items: items.slice(0, size),
    nextToken: Buffer.from(`from:${place(next)}`).toString('base64url'),
  }
}

function placeFrom(token: string): number {
  const match = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())
  if (!match) throw new ServiceError('InvalidToken', `Invalid Token: '${token}'`)
  return Number(match[1])
}
