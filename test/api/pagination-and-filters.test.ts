import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Vm } from '../../core/contract/resources.ts'
import { newId } from '../../core/ids.ts'
import { requestVm } from '../../core/vm.ts'
import { vmItem } from '../../functions/aws/items.ts'
import { readBudget } from '../../functions/aws/list.ts'
import { commit } from '../../functions/aws/commit.ts'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'

let under: CloudUnderTest

beforeAll(async () => {
  under = await startCloudUnderTest({ hosts: 1, capacity: { vcpus: 1000, memoryMiB: 1_000_000 } })
})
afterAll(() => under?.[Symbol.asyncDispose]())

/** VMs as they would lie in the table, so many that creating each would take too long. */
const plant = async (tenantId: string, count: number, shape: (at: number) => Partial<Vm>) => {
  const now = under.clock.now() - count * 1000
  const vms = Array.from({ length: count }, (_, at): Vm => {
    const moment = new Date(now + at * 1000).toISOString()
    const spec = { name: `planted-${at}`, vcpus: 1, memoryMiB: 64 }
    const id = newId('vm', now + at * 1000)
    return { ...requestVm(id, tenantId, spec, moment), state: 'running', ...shape(at) }
  })
  for (let from = 0; from < count; from += 50)
    await commit(vms.slice(from, from + 50).map((vm) => ({ create: vmItem(vm) })))
  return vms
}

const walk = async (
  key: string,
  query: Record<string, string | number>,
  between: (page: number) => Promise<unknown> = async () => {},
) => {
  const pages: Vm[][] = []
  let pageToken: string | null = null
  do {
    const page: { items: Vm[]; nextPageToken: string | null } = await under.get('list-vms', {
      key,
      query: { ...query, ...(pageToken !== null && { pageToken }) },
    })
    pages.push(page.items)
    pageToken = page.nextPageToken
    await between(pages.length)
  } while (pageToken !== null)
  return pages
}

describe('pages', () => {
  test('hold each item once, in the order of age, whatever their size', async () => {
    const { id, admin: key } = await under.tenant()
    const vms = await plant(id, 23, () => ({}))
    for (const pageSize of [1, 2, 7, 22, 23, 24, 1000]) {
      const pages = await walk(key, { pageSize })
      expect(pages.flat()).toEqual(vms)
      const full = Math.floor(23 / pageSize)
      expect(pages.map(({ length }) => length)).toEqual([
        ...Array.from({ length: full }, () => pageSize),
        23 % pageSize,
      ])
    }
    expect(await walk(key, {})).toHaveLength(1)
  })

  test('of nothing are one empty page', async () => {
    const { admin: key } = await under.tenant()
    expect(await walk(key, {})).toEqual([[]])
  })

  test.each(['', 'state = running'])(
    'hold whatever existed throughout exactly once while others come and go (filter "%s")',
    async (filter) => {
      const { id, admin: key } = await under.tenant()
      const stay = await plant(id, 20, () => ({}))
      const passing = [await under.vm(key), await under.vm(key), await under.vm(key)]
      const pages = await walk(key, { pageSize: 3, ...(filter && { filter }) }, async (page) => {
        await plant(id, 2, (at) => ({ name: `new-${page}-${at}` }))
        const gone = passing.pop()
        const params = { vmId: gone?.id ?? '' }
        if (gone) await under.over(await under.get('delete-vm', { key, params }), key)
        if (page > 30) throw new Error('There is no end of pages')
      })
      const seen = pages.flat().map((vm) => vm.id)
      expect(new Set(seen).size).toBe(seen.length)
      for (const vm of stay) expect(seen).toContain(vm.id)
    },
  )

  test('of keys and operations go on in the same way', async () => {
    const { admin: key } = await under.tenant()
    for (let more = 0; more < 5; more++) await under.key(key)
    await Promise.all([under.vm(key), under.vm(key), under.vm(key)])
    for (const name of ['list-keys', 'list-operations'] as const) {
      const whole = (await under.get(name, { key })).items.map(({ id }) => id)
      const seen: string[] = []
      let pageToken: string | null = ''
      while (pageToken !== null) {
        const query: Record<string, string | number> = { pageSize: 2, pageToken }
        const page: { items: { id: string }[]; nextPageToken: string | null } = await under.get(
          name,
          { key, query },
        )
        seen.push(...page.items.map(({ id }) => id))
        pageToken = page.nextPageToken
      }
      expect(seen).toEqual(whole)
    }
  })

  test('older than a day do not go on', async () => {
    const { id, admin: key } = await under.tenant()
    await plant(id, 3, () => ({}))
    const { nextPageToken } = await under.get('list-vms', { key, query: { pageSize: 1 } })
    const query = { pageSize: 1, pageToken: nextPageToken! }
    expect((await under.get('list-vms', { key, query })).items).toHaveLength(1)
    under.clock.move(24 * 3600 * 1000)
    const problem = await under.refused('list-vms', { key, query })
    expect(problem).toMatchObject({
      code: 'CURSOR_INVALID',
      params: { reason: 'it is older than a day' },
    })
  })
})

describe('many', () => {
  const rare = (at: number): Partial<Vm> => ({ labels: at === 1150 ? { rare: 'yes' } : {} })
  let key: string

  beforeAll(async () => {
    const tenant = await under.tenant()
    key = tenant.admin
    await plant(tenant.id, 1200, rare)
  })

  const readBy = async <T>(work: () => Promise<T>) => {
    const reads = () => under.cloud.dynamodb.statistics.of('Query').itemsRead
    const before = reads()
    const result = await work()
    return { result, read: reads() - before }
  }

  test('a filter that finds nothing within the read budget gives an empty page that goes on', async () => {
    const query = { filter: 'labels.rare = yes' }
    const { result: first, read } = await readBy(() => under.get('list-vms', { key, query }))
    expect(first.items).toEqual([])
    expect(first.nextPageToken).not.toBeNull()
    expect(read).toBeLessThanOrEqual(readBudget)
    const pages = await walk(key, query)
    expect(pages.length).toBeGreaterThan(1)
    expect(pages.flat().map(({ name }) => name)).toEqual(['planted-1150'])
  })

  test('a page reads about what it holds', async () => {
    const { read } = await readBy(() => under.get('list-vms', { key, query: { pageSize: 50 } }))
    expect(read).toBeLessThanOrEqual(51)
  })

  test('a state that nothing is in is answered from the index without looking at the others', async () => {
    const query = { filter: 'state = failed AND vcpus = 1' }
    const { result, read } = await readBy(() => under.get('list-vms', { key, query }))
    expect(result).toEqual({ items: [], nextPageToken: null })
    expect(read).toBe(0)
  })

  test('nothing is ever found by a scan', () => {
    expect(under.cloud.dynamodb.statistics.of('Scan').calls).toBe(0)
  })
})

test('a page of the largest VMs is shorter than asked, not too large to be sent', async () => {
  const { id, admin: key } = await under.tenant()
  const name = (at: number) => `${at}`.padStart(63, 'a')
  const labels = Object.fromEntries(
    Array.from({ length: 32 }, (_, at) => [name(at), '世'.repeat(255)]),
  )
  const vms = await plant(id, 260, () => ({ labels }))
  const pages = await walk(key, { pageSize: 1000 })
  expect(pages.length).toBeGreaterThan(1)
  expect(pages.flat().map((vm) => vm.id)).toEqual(vms.map((vm) => vm.id))
})

/** A filter, and by other means whether it holds. */
interface Question {
  text: string
  holds(vm: Vm): boolean
}

const names = ['web-1', 'web-2', 'db-1', 'a', 'b-web']
const states = ['running', 'stopped', 'failed', 'creating'] as const
const isLike = (pattern: string, text: string | null | undefined) => {
  if (typeof text !== 'string') return false
  if (pattern.length > 1 && pattern.startsWith('*') && pattern.endsWith('*'))
    return text.includes(pattern.slice(1, -1))
  if (pattern.startsWith('*')) return text.endsWith(pattern.slice(1))
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}
const compare = (sign: string, left: number, right: number) =>
  ({
    '=': left === right,
    '!=': left !== right,
    '<': left < right,
    '<=': left <= right,
    '>': left > right,
    '>=': left >= right,
  })[sign]!

const text = (field: 'name' | 'state' | 'hostId', values: readonly string[]) =>
  fc
    .record({ sign: fc.constantFrom('=', '!='), value: fc.constantFrom(...values) })
    .map(({ sign, value }): Question => ({
      text: `${field} ${sign} ${value}`,
      holds: (vm) => isLike(value, vm[field]) === (sign === '='),
    }))
const signs = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
const number = (field: 'vcpus' | 'memoryMiB', values: number[]) =>
  fc
    .record({ sign: signs, value: fc.constantFrom(...values) })
    .map(({ sign, value }): Question => ({
      text: `${field}${sign}${value}`,
      holds: (vm) => compare(sign, vm[field], value),
    }))
const moment = fc
  .record({ sign: signs, hours: fc.integer({ min: 0, max: 3 }) })
  .map(({ sign, hours }): Question => {
    const at = new Date(Date.UTC(2026, 0, 1, hours)).toISOString()
    return {
      text: `createdAt ${sign} "${at}"`,
      holds: (vm) => compare(sign, Date.parse(vm.createdAt), Date.parse(at)),
    }
  })
const label = fc
  .record({
    sign: fc.constantFrom('=', '!=', ':'),
    name: fc.constantFrom('env', 'app.io/tier', 'none', 'constructor'),
    value: fc.constantFrom('prod', 'dev', 'pr*', '""'),
  })
  .map(({ sign, name, value }): Question => {
    const is = (vm: Vm) => (Object.hasOwn(vm.labels, name) ? vm.labels[name] : undefined)
    if (sign === ':') return { text: `labels:${name}`, holds: (vm) => is(vm) !== undefined }
    const wanted = value === '""' ? '' : value
    return {
      text: `labels.${name} ${sign} ${value}`,
      holds: (vm) => isLike(wanted, is(vm)) === (sign === '='),
    }
  })
const term = fc.oneof(
  text('name', [...names, 'web-*', '*1', '*e*', 'nobody']),
  text('state', [...states, 'run*', 'sleeping']),
  text('hostId', ['host-1', 'host-2', 'host-*']),
  number('vcpus', [1, 2, 4]),
  number('memoryMiB', [64, 128]),
  moment,
  label,
)
const not = term.chain(({ text: inner, holds }) =>
  fc.constantFrom('NOT ', '-').map((sign): Question => ({
    text: `${sign}${inner}`,
    holds: (vm) => !holds(vm),
  })),
)
const factor = fc
  .array(fc.oneof(term, not), { minLength: 1, maxLength: 3 })
  .map((parts): Question => ({
    text: parts.map((part) => part.text).join(' OR '),
    holds: (vm) => parts.some((part) => part.holds(vm)),
  }))
const inParentheses = factor.map(({ text: inner, holds }): Question => ({
  text: `(${inner})`,
  holds,
}))
const question = fc
  .array(fc.oneof(factor, inParentheses), { minLength: 1, maxLength: 3 })
  .map((parts): Question => ({
    text: parts.map((part) => part.text).join(' AND '),
    holds: (vm) => parts.every((part) => part.holds(vm)),
  }))

test('a filter finds what looking at every item finds', async () => {
  const { id, admin: key } = await under.tenant()
  const vms = await plant(id, 60, (at) => ({
    name: names[at % names.length]!,
    state: states[at % 4]!,
    hostId: at % 3 === 0 ? null : `host-${at % 3}`,
    vcpus: [1, 2, 4][at % 3]!,
    memoryMiB: at % 2 === 0 ? 64 : 128,
    createdAt: new Date(Date.UTC(2026, 0, 1, at % 4)).toISOString(),
    labels: {
      ...(at % 2 === 0 && { env: at % 4 === 0 ? 'prod' : 'dev' }),
      ...(at % 5 === 0 && { 'app.io/tier': 'prod' }),
      ...(at % 7 === 0 && { constructor: 'dev' }),
    },
  }))
  let found = 0
  await fc.assert(
    fc.asyncProperty(question, async ({ text: filter, holds }) => {
      const { items } = await under.get('list-vms', { key, query: { filter, pageSize: 100 } })
      found += items.length
      expect(items.map((vm) => vm.id)).toEqual(vms.filter(holds).map((vm) => vm.id))
    }),
    { numRuns: 250, seed: 20_261_120 },
  )
  expect(found).toBeGreaterThan(1000)
})
