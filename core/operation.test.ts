import { expect, test } from 'vitest'
import { advance, beginOperation, enterPhase, fail, isOver, phases, succeed } from './operation.ts'
import { Failure, problemOf } from './contract/failures.ts'
import { Operation } from './contract/resources.ts'

const at = '2026-11-20T08:00:00.000Z'
const begun = beginOperation(
  {
    id: 'op-1',
    tenantId: 'tenant-0',
    kind: 'vm.create',
    target: '/v1/vms/vm-1',
    actor: 'key-1',
    traceId: 'a'.repeat(32),
  },
  at,
)

test('every stage is a valid operation with a higher version', () => {
  const stages = [begun]
  for (const phase of phases['vm.create'].slice(1, -1))
    stages.push(enterPhase(stages.at(-1)!, phase, at))
  stages.push(advance(stages.at(-1)!, { percent: 50, etaMs: 1000 }, at))
  stages.push(succeed(stages.at(-1)!, at))
  expect(stages.map((stage) => Operation.parse(stage).version)).toEqual(stages.map((_, n) => n + 1))
  expect(stages.at(-1)).toMatchObject({ state: 'succeeded', finishedAt: at })
})

test('there is an ETA, or the reason why there is none', () => {
  const known = advance(begun, { percent: 10, etaMs: 900 }, at).progress
  expect(known).toMatchObject({ etaMs: 900, etaReason: null })
  const unknown = advance(begun, { percent: 10, etaMs: null }, at).progress
  expect(unknown.etaMs).toBeNull()
  expect(unknown.etaReason).toMatch(/\w+/)
  expect(enterPhase(begun, 'reserving', at).progress.etaReason).toMatch(/\w+/)
})

test('what has ended stays as it ended', () => {
  const problem = problemOf(new Failure('NO_HOST_FITS'))
  const ended = [succeed(begun, at), fail(begun, problem, at)]
  for (const operation of ended) {
    expect(isOver(operation)).toBe(true)
    for (const act of [
      () => succeed(operation, at),
      () => fail(operation, problem, at),
      () => enterPhase(operation, 'reserving', at),
    ])
      expect(act).toThrow(expect.objectContaining({ code: 'STATE_FORBIDS' }) as Error)
  }
})
