import { afterAll, describe, expect, test } from 'vitest'
import { faultCases, hostCases, plainCases, type Case } from './cases.ts'
import { edgesIn, edgesOf } from './edges.ts'
import { golden, goldenFile, strayGolden, tellAll, type Told } from './golden.ts'
import { machines, type Machine } from './machines.ts'
import { play } from './rehearse.ts'
import { describeRoad, findRoads } from './roads.ts'
import { Theatre } from './scene.ts'

const theatre = new Theatre()
afterAll(() => theatre.close())

const wanted = new Set<string>()
const travelled = new Map<string, Set<string>>()
let casesMade = 0
let casesRun = 0

/** One test for each case, and one that holds all they told against the golden file. */
const rehearse = (machine: Machine, what: string, heading: string, cases: Case[]) => {
  const file = goldenFile(machine.name, what)
  wanted.add(file)
  casesMade += cases.length
  const told: Told[] = []
  for (const given of cases)
    test(`${given.title}`, async () => {
      casesRun += 1
      const played = await play(theatre, machine, given)
      const { fault, title } = given
      const error = fault?.does === 'throw' ? fault.error : undefined
      told.push({ title, told: played.told, error })
      const seen = travelled.get(machine.name) ?? new Set()
      travelled.set(machine.name, new Set([...seen, ...edgesIn(played.told)]))
      expect(played.wrong, played.told).toEqual([])
    })
  test('goes as its golden file tells', ({ skip }) => {
    skip(told.length < cases.length, 'not all of its cases ran')
    const actual = tellAll(heading, told)
    expect(actual).toBe(golden(file, actual))
  })
}

for (const machine of machines) {
  const roads = await findRoads(theatre, machine)
  describe(`${machine.name}`, () => {
    describe('undisturbed', () => {
      rehearse(machine, 'undisturbed', `${machine.name}, undisturbed`, plainCases(machine.name))
    })
    for (const task of machine.tasks) {
      const { state, waits } = task
      describe(`${state}`, () => {
        const road = roads.get(state)
        test('is reached by some road', () => {
          expect(
            road,
            `nothing leads to ${state}: add how a host behaves to scripts.ts`,
          ).toBeDefined()
        })
        if (!road) return
        const heading = `${machine.name} · ${state}, on the road where ${describeRoad(road)}`
        rehearse(machine, state, heading, faultCases(task, road))
      })
      if (!waits) continue
      describe(`${state}, as its host behaves`, () => {
        rehearse(
          machine,
          `${state}.hosts`,
          `${machine.name} · ${state}, as its host behaves`,
          hostCases(task),
        )
      })
    }
  })
}

test.for(machines)('every way through $name was gone', (machine, { skip }) => {
  const gone = travelled.get(machine.name)
  skip(casesRun < casesMade, 'not all cases ran')
  const ways = edgesOf(machine).map(({ from, to }) => `${from} → ${to}`)
  expect(ways.filter((way) => !gone?.has(way))).toEqual([])
})

test('every golden file belongs to a state', () => {
  expect(strayGolden(wanted)).toEqual([])
})
