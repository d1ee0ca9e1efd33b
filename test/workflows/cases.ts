/** Everything that is made to go wrong at one Task of a machine, generated from its definition. */
import { describeFault, type Fault } from './fault.ts'
import type { TaskOf } from './machines.ts'
import { describeRoad, type Road } from './roads.ts'
import { isAboutVm, type Scene } from './scene.ts'
import { scriptNames } from './scripts.ts'

export interface Case {
  title: string
  road: Road
  fault?: Fault
  /** The process dies when this is so. */
  dies?: (scene: Scene) => boolean
}

/** An error no definition knows. */
const unknown = 'TypeError'
/** What every Task tries again after. */
const passing = 'Lambda.ServiceException'

type Kind = Fault extends infer F ? (F extends Fault ? Omit<F, 'state' | 'times'> : never) : never

const faultsOf = ({ state, errors }: TaskOf): Fault[] => {
  const once = (kind: Kind) => ({ ...kind, state, times: 1 }) as Fault
  const forEver = (kind: Kind) => ({ ...kind, state, times: Infinity }) as Fault
  return [
    ...[...errors, unknown].flatMap((error) => [
      once({ does: 'throw', error }),
      forEver({ does: 'throw', error }),
    ]),
    once({ does: 'hang' }),
    forEver({ does: 'hang' }),
    once({ does: 'act and hang' }),
    once({ does: 'lose the answer' }),
    forEver({ does: 'lose the answer' }),
    once({ does: 'run twice' }),
    once({ does: 'act late', when: 'a step later' }),
    once({ does: 'act late', when: 'a minute later' }),
    once({ does: 'act late', when: 'after the end' }),
    forEver({ does: 'act late', when: 'a step later' }),
    forEver({ does: 'act late', when: 'a minute later' }),
    forEver({ does: 'act late', when: 'after the end' }),
    once({ does: 'die', when: 'before it acts' }),
    once({ does: 'die', when: 'after it acted' }),
  ]
}

/** The process dies during the pause between two attempts. */
const diesInThePause = (state: string, road: Road): Case => {
  const fault: Fault = { state, times: 1, does: 'throw', error: passing }
  return {
    title: 'the process dies during the pause before another attempt',
    road,
    fault,
    dies: ({ stage }) => stage.faults.every((each) => each.state !== state || each.times === 0),
  }
}

export const faultCases = (task: TaskOf, road: Road): Case[] => [
  ...faultsOf(task).map((fault) => ({ title: describeFault(fault), road, fault })),
  diesInThePause(task.state, road),
]

/** Nothing goes wrong. */
export const plainCases = (machine: string): Case[] => {
  const road: Road = { first: 'does it', others: 'does it' }
  if (!isAboutVm(machine)) return [{ title: 'as it should be', road }]
  return [
    { title: 'asked of a VM that runs', road },
    { title: 'asked of a VM that failed, which no host holds', road: { ...road, vm: 'failed' } },
  ]
}

/** For a Task that waits for a host: everything a host may do, also while a step is late or the process dies. */
export const hostCases = (task: TaskOf): Case[] => {
  const roads = scriptNames.flatMap((first): Road[] =>
    first === 'does it'
      ? [{ first, others: first }]
      : [
          { first, others: 'does it' },
          { first, others: first },
        ],
  )
  const slow: Road = { first: 'takes five minutes, with heartbeats', others: 'does it' }
  const meanwhile = (
    [
      { does: 'lose the answer' },
      { does: 'act and hang' },
      { does: 'run twice' },
      { does: 'act late', when: 'a minute later' },
      { does: 'die', when: 'after it acted' },
    ] as const
  ).map((kind): Fault => ({ ...kind, state: task.state, times: 1 }))
  const { givesUpTo: next } = task
  const heardMeanwhile = scriptNames
    .filter((script) => next !== undefined && script.endsWith('after the step gave up'))
    .map((script): Road => {
      const fault: Fault = { state: next!, times: 1, does: 'hang' }
      return { first: script, others: 'does it', fault }
    })
  return [
    ...[...roads, ...heardMeanwhile].map((road) => ({ title: describeRoad(road), road })),
    ...meanwhile.map((fault) => ({
      title: `${describeRoad(slow)}; ${task.state} ${describeFault(fault)}`,
      road: slow,
      fault,
    })),
    {
      title: `${describeRoad(slow)}; the process dies meanwhile`,
      road: slow,
      dies: ({ stage, began }) => stage.clock.now() > began + 100_000,
    },
  ]
}
