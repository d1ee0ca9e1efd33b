import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { machine, rehearse, task } from './rehearsal.ts'
import type { StatusEvent } from './status-event.ts'

const passes = machine('A', { A: { Type: 'Pass', End: true } })
const left = (db: DatabaseSync) =>
  (db.prepare('SELECT count(*) AS rows FROM sfn_outbox').get() as { rows: number }).rows

describe('status changes', () => {
  test('look as on the event bus', async () => {
    const told: StatusEvent[] = []
    const home = rehearse(passes, {}, { onStatusChange: async (event) => void told.push(event) })
    const arn = await home.start({ a: 1 }, 'it')
    expect(told.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'SUCCEEDED'])
    expect(told[1]).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      account: '000000000000',
      region: 'local',
      time: '2026-01-01T00:00:00.000Z',
      resources: [arn],
      detail: {
        executionArn: arn,
        stateMachineArn: 'arn:aws:states:local:000000000000:stateMachine:machine',
        name: 'it',
        status: 'SUCCEEDED',
        startDate: Date.UTC(2026, 0, 1),
        stopDate: Date.UTC(2026, 0, 1),
        input: '{"a":1}',
        output: '{"a":1}',
        error: null,
        cause: null,
      },
    })
    expect(left(home.db)).toBe(0)
  })

  test('name what failed, timed out or was stopped', async () => {
    const told: StatusEvent[] = []
    const home = rehearse(
      machine('A', { A: task('missing') }),
      {},
      { onStatusChange: async (event) => void told.push(event) },
    )
    await home.start()
    expect(told[1]?.detail).toMatchObject({
      status: 'FAILED',
      error: 'NoSuchFunction',
      output: null,
    })
  })

  test('are told again, later and later, until the consumer has taken them', async () => {
    const at: number[] = []
    const ids = new Set<string>()
    const home = rehearse(
      passes,
      {},
      {
        onStatusChange: async ({ detail, id }) => {
          if (detail.status !== 'SUCCEEDED') return
          ids.add(id)
          at.push(home.clock.now() - detail.startDate)
          if (at.length < 5) throw new Error('not now')
        },
      },
    )
    await home.start()
    await home.untilTheEnd()
    expect(at).toEqual([0, 100, 300, 700, 1_500])
    expect(ids.size).toBe(1)
    expect(left(home.db)).toBe(0)
  })

  test('one that is never taken does not hold up the others', async () => {
    const told: string[] = []
    const home = rehearse(
      passes,
      {},
      {
        onStatusChange: async ({ detail }) => {
          if (detail.name === 'poison') throw new Error('never')
          told.push(`${detail.name} ${detail.status}`)
        },
      },
    )
    await home.start({}, 'poison')
    await home.start({}, 'good')
    expect(told).toEqual(['good RUNNING', 'good SUCCEEDED'])
  })

  test('that were stored but not yet told are told after a restart', async () => {
    const db = new DatabaseSync(':memory:')
    const before = rehearse(
      passes,
      {},
      { db, onStatusChange: () => Promise.reject(new Error('dead')) },
    )
    await before.start({}, 'it')
    await before.engine.close()

    const told: string[] = []
    const after = rehearse(
      undefined,
      {},
      {
        db,
        clock: before.clock,
        onStatusChange: async ({ detail }) => void told.push(detail.status),
      },
    )
    await after.pass(1_000)
    expect(told).toEqual(['RUNNING', 'SUCCEEDED'])
  })
})
