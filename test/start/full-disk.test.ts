/** A disk that is full stops nothing for good: requests are refused as ones to repeat, and the work goes on later. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { startCloud } from '../../local/cloud.ts'
import { ask } from './started.ts'

const clock = systemClock
const random = () => 0.5
const vm = (name: string) => ({ name, vcpus: 1, memoryMiB: 64, labels: { why: 'x'.repeat(60) } })

test('while nothing can be stored requests are answered with 503, and afterwards as ever', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'novacron-'))
  const home = join(parent, '.novacron')
  const facts: string[] = []
  const log = (fact: string) => void facts.push(fact)
  const cloud = await startCloud({ home, port: 0, clock, random, log })
  try {
    const { database } = cloud.directory
    // SQLite's own way of running out of room: not one page more than there are.
    database.exec('PRAGMA max_page_count = 1')
    let refused = { status: 0, body: {} }
    for (let number = 0; refused.status < 400; number++)
      refused = await ask(home, 'POST', '/v1/vms', vm(`vm-${number}`))
    expect(refused).toMatchObject({ status: 503, body: { code: 'CLOUD_UNAVAILABLE' } })

    database.exec('PRAGMA max_page_count = 1000000')
    const made = await ask(home, 'POST', '/v1/vms', vm('afterwards'))
    expect(made.status).toBe(202)
  } finally {
    await cloud.close()
    rmSync(parent, { recursive: true })
  }
})
