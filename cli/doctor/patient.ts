/** What the checks of doctor look at, each thing asked for once: address, API, key, and whose key it is. */
import {
  findAddress,
  findCredential,
  findHome,
  homeKey,
  type Address,
  type Credential,
  type Where,
} from '../address.ts'
import { CliFailure } from '../cli-failure.ts'
import type { Cli } from '../cli.ts'
import type { Answer, Client, Reply } from '../client.ts'

export type Outcome<T> = { is: T } | { not: CliFailure }

/** Doctor does not wait for what does not answer: that is what it is to find. */
export const atOnce = { reconnectForMs: 0, answerWithinMs: 5_000 }

const attempt = async <T>(work: () => T | Promise<T>): Promise<Outcome<T>> => {
  try {
    return { is: await work() }
  } catch (error) {
    if (error instanceof CliFailure) return { not: error }
    throw error
  }
}

const once = <T>(work: () => T | Promise<T>) => {
  let outcome: Promise<Outcome<T>> | undefined
  return () => (outcome ??= attempt(work))
}

export const known = <T>(outcome: Outcome<T>): T => {
  if ('not' in outcome) throw outcome.not
  return outcome.is
}

export class Patient {
  readonly cli: Cli
  readonly address: () => Promise<Outcome<Address>>
  readonly credential: () => Promise<Outcome<Credential>>
  readonly about: () => Promise<Outcome<Reply<Answer<'get-api'>>>>
  readonly principal: () => Promise<Outcome<Answer<'get-principal'>>>
  readonly api: () => Promise<Client>
  /** Whether the API that runs here has a key of its own. */
  readonly keyAtHome: () => boolean

  constructor(cli: Cli, where: Where) {
    const { environment, cwd } = cli
    this.cli = cli
    this.keyAtHome = () => homeKey(findHome(where, environment, cwd)) !== undefined
    this.address = once(() => findAddress(where, environment, cwd))
    this.credential = once(async () => {
      const address = await this.address()
      return findCredential(where, environment, cwd, 'is' in address ? address.is : undefined)
    })
    let client: Promise<Client> | undefined
    this.api = async () => (client ??= cli.connect(where, known(await this.address())))
    this.about = once(async () => (await this.api()).ask('get-api', {}, atOnce))
    this.principal = once(async () => {
      known(await this.about())
      known(await this.credential())
      return (await this.api()).call('get-principal', {}, atOnce)
    })
  }
}
