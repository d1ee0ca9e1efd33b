/** Plays one case to its end, tells what happened, and holds it against the oracles, also after everything healed. */
import type { Operation } from '../../core/contract/resources.ts'
import type { Case } from './cases.ts'
import type { Machine } from './machines.ts'
import { violationsOf } from './oracles.ts'
import { tellOutcome, withoutIds } from './outcome.ts'
import { travel } from './roads.ts'
import { spec, type Scene, type Theatre } from './scene.ts'
import { vmsIn } from './stored.ts'

export interface Played {
  told: string
  wrong: string[]
}

/** Ends that were followed up already: what follows depends on nothing else. */
const followedUp = new Set<string>()

export async function play(theatre: Theatre, machine: Machine, given: Case): Promise<Played> {
  const scene = await theatre.open(machine.name, { vm: given.road.vm ?? 'running' })
  const { stage } = scene
  try {
    travel(scene, given.road)
    if (given.fault) stage.faults.push({ ...given.fault })
    const operation = await scene.begin(machine.name)
    const { dies } = given
    if (dies) {
      await stage.rest(() => dies(scene))
      await stage.die()
    }
    await stage.rest()
    const outcome = tellOutcome(scene, operation.id)
    const told = withoutIds(`${stage.transcript(machine.name, operation.id)}\n${outcome}\n`, scene)
    const wrong = violationsOf(scene, operation.id)
    const end = withoutIds(outcome, scene)
    if (wrong.length > 0 || followedUp.has(end)) return { told, wrong }
    followedUp.add(end)
    return { told, wrong: await followUp(scene, operation) }
  } finally {
    await stage.close()
  }
}

/** Everything heals, and the same thing is asked for again. */
async function followUp(scene: Scene, operation: Operation): Promise<string[]> {
  await scene.heal()
  const healed = violationsOf(scene, operation.id).map((wrong) => `after healing: ${wrong}`)
  if (healed.length > 0) return healed
  const vm = vmsIn(scene.stage.stored())[0]
  if (vm) {
    const wrong = await ask(scene, 'DELETE', `/v1/vms/${vm.id}`)
    if (wrong.length > 0) return wrong
  }
  return ask(scene, 'POST', '/v1/vms', spec)
}

async function ask(scene: Scene, method: string, path: string, body?: unknown): Promise<string[]> {
  const { status, body: answer } = await scene.ask(method, path, body)
  const where = `afterwards, ${method}`
  if (status !== 202) return [`${where} answered ${status}: ${JSON.stringify(answer)}`]
  await scene.stage.rest()
  const { id } = answer as Operation
  const { state, error } = scene.operation(id)
  if (state !== 'succeeded') return [`${where} ${state}: ${error?.detail}`]
  return violationsOf(scene, id).map((wrong) => `${where}: ${wrong}`)
}
