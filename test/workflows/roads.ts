/**
 * How a rehearsal is led to each Task of a machine: by how the hosts behave, and by another step that fails before. The
 * roads are tried from the plainest on until every Task was seen, so a new state needs no road written for it.
 */
import { describeFault, type Fault } from './fault.ts'
import type { Machine } from './machines.ts'
import type { Found, Scene, Theatre } from './scene.ts'
import { scriptNames, type Script } from './scripts.ts'

export interface Road {
  /** The host that is asked first; the others do what they are told. */
  first: Script
  others: Script
  fault?: Fault
  /** The VM that is asked about, if one is: one that runs, unless it says otherwise. */
  vm?: Found
}

export const travel = (scene: Scene, { first, others, fault }: Road): void => {
  scene.cast(first, others)
  if (fault) scene.stage.faults.push({ ...fault })
}

export const describeRoad = ({ first, others, fault }: Road): string => {
  const hosts = others === first ? `every host ${first}` : `the first host ${first}`
  return fault ? `${hosts}; ${fault.state} ${describeFault(fault)}` : hosts
}

function* roadsOf({ tasks }: Machine): Generator<Road> {
  const castings = scriptNames.flatMap((first): Road[] => [
    { first, others: 'does it' },
    { first, others: first },
  ])
  yield* castings
  for (const casting of castings)
    for (const { state } of tasks)
      yield { ...casting, fault: { state, times: Infinity, does: 'throw', error: 'TypeError' } }
}

const tasksEntered = (scene: Scene): string[] =>
  scene.stage.db
    .prepare(
      `SELECT DISTINCT details ->> '$.stateEnteredEventDetails.name' AS name FROM sfn_event WHERE type = 'TaskStateEntered'`,
    )
    .all()
    .map(({ name }) => String(name))

/** A road to each Task; a Task that has none is missing. */
export async function findRoads(theatre: Theatre, machine: Machine): Promise<Map<string, Road>> {
  const found = new Map<string, Road>()
  for (const road of roadsOf(machine)) {
    if (found.size === machine.tasks.length) break
    const scene = await theatre.open(machine.name)
    travel(scene, road)
    await scene.begin(machine.name)
    await scene.stage.rest()
    for (const state of tasksEntered(scene)) if (!found.has(state)) found.set(state, road)
    await scene.stage.close()
  }
  return found
}
