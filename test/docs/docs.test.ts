/** Every command in the README and the guides is run, in the order a reader meets them, in a copy of the checkout. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blocksOf } from './commands.ts'
import { Checkout } from './checkout.ts'

const root = join(import.meta.dirname, '../..')
const guides = join(root, 'docs/guides')
const documents = [
  join(root, 'README.md'),
  join(root, 'CONTRIBUTING.md'),
  ...(existsSync(guides) ? readdirSync(guides).map((file) => join(guides, file)) : []),
]
const blocks = documents.flatMap(blocksOf)
const isStart = (script: string) => script === 'npm start'

/** Running these here would be running this test in itself; CI runs them from a bare clone. */
const runByCi = ['npm test', 'npm run check', 'npm test -- core']
const runHere = (script: string) =>
  script
    .split('\n')
    .filter((line) => !runByCi.includes(line))
    .join('\n')

let checkout: Checkout
beforeAll(async () => {
  checkout = new Checkout()
  await checkout.start('npm start -- --port 0', /npx novacron/)
}, 120_000)
afterAll(() => checkout.close(), 60_000)

test('the README begins with the two commands, alone in their blocks', () => {
  expect(blocksOf(join(root, 'README.md')).slice(0, 2)).toMatchObject([
    { script: 'npm start' },
    { script: 'npm test' },
  ])
})

test('CI runs what cannot be run here', () => {
  const ci = readFileSync(join(root, '.ci/run'), 'utf8')
  expect(ci).toContain('npm test')
  expect(ci).toContain('npm run check')
})

describe('every other command works as it stands', () => {
  const here = blocks.filter(({ script }) => !isStart(script) && runHere(script) !== '')
  test.each(here)(
    '$script',
    async ({ script, file, line }) => {
      const { code, printed } = await checkout.run(runHere(script))
      expect(code, `${file}:${line}\n${printed}`).toBe(0)
    },
    120_000,
  )
})
