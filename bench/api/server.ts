/**
 * The embedded control plane in a process of its own, with a stored fleet, so that the asking side does not share its
 * core. Told over IPC: answers where it listens, and what its table has been asked since the last time.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { marshall } from '@aws-sdk/util-dynamodb'
import { systemClock } from '../../core/clock.ts'
import { startCloud } from '../../local/cloud.ts'
import { tableName } from '../../local/environment.ts'
import { silent } from '../../local/log.ts'
import { makeFleet, type FleetSize } from './fleet.ts'

const home = mkdtempSync(join(tmpdir(), 'novacron-bench-'))
const size = JSON.parse(process.argv[2] ?? '{}') as FleetSize
const options = { home, port: 0, clock: systemClock, random: Math.random, log: silent }
const cloud = await startCloud(options)
const { items, ...fleet } = makeFleet(size, Date.now() - 86_400_000)
for (let from = 0; from < items.length; from += 25)
  cloud.dynamodb.call('BatchWriteItem', {
    RequestItems: {
      [tableName]: items.slice(from, from + 25).map((item) => ({
        PutRequest: { Item: marshall(item, { removeUndefinedValues: true }) },
      })),
    },
  })

process.on('message', (asked: string) => {
  if (asked === 'counts') {
    const counts = cloud.dynamodb.statistics.snapshot()
    const cpuMs = process.cpuUsage()
    cloud.dynamodb.statistics.reset()
    process.send!({ counts, cpuMs: (cpuMs.user + cpuMs.system) / 1000 })
  } else void stop()
})
const stop = async () => {
  await cloud.close()
  rmSync(home, { recursive: true })
  process.disconnect()
}
process.send!({ url: cloud.url, adminKeyFile: cloud.adminKeyFile, home, ...fleet })
