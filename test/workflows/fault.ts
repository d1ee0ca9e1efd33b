/** What a test lets go wrong with the function behind one state of a machine. */

export type Fault = { state: string; times: number; suffered?: true } & (
  | { does: 'throw'; error: string; cause?: string }
  /** No effect and no answer. */
  | { does: 'hang' }
  /** It took effect and never answered. */
  | { does: 'act and hang' }
  /** It took effect, and whoever called it is told that it failed. */
  | { does: 'lose the answer' }
  /** Two invocations at once with the same payload. */
  | { does: 'run twice' }
  /** Whoever called it is told that it failed; it takes effect when the machine has gone on. */
  | { does: 'act late'; when: Late }
  /** The process dies. */
  | { does: 'die'; when: 'before it acts' | 'after it acted' }
)

export type Late = 'a step later' | 'a minute later' | 'after the end'

/** The platform's side of the faults: what else can be done to whoever is running. */
export interface Platform {
  later(when: Late, act: () => Promise<unknown>): void
  die(): void
}

export const never = () => new Promise<never>(() => {})
export const lost = () =>
  Object.assign(new Error('the answer was lost'), { name: 'Lambda.SdkClientException' })

export async function sufferFrom(
  fault: Fault,
  act: () => Promise<unknown>,
  platform: Platform,
): Promise<unknown> {
  switch (fault.does) {
    case 'throw':
      throw Object.assign(new Error(fault.cause ?? 'on purpose'), { name: fault.error })
    case 'hang':
      return never()
    case 'act and hang':
      await act()
      return never()
    case 'lose the answer':
      await act()
      throw lost()
    case 'run twice': {
      const [, answer] = await Promise.allSettled([act(), act()])
      if (answer.status === 'rejected') throw answer.reason
      return answer.value
    }
    case 'act late':
      platform.later(fault.when, act)
      throw lost()
    case 'die':
      if (fault.when === 'after it acted') await act()
      platform.die()
      return never()
  }
}

const times = (count: number) => (count === Infinity ? 'for ever' : 'once')

/** What goes wrong, as the end of a sentence that begins with the state. */
export const describeFault = (fault: Fault): string => {
  switch (fault.does) {
    case 'throw':
      return `fails with ${fault.error}, ${times(fault.times)}`
    case 'hang':
      return `never answers, ${times(fault.times)}`
    case 'act and hang':
      return `acts and never answers, ${times(fault.times)}`
    case 'lose the answer':
      return `acts and its answer is lost, ${times(fault.times)}`
    case 'run twice':
      return 'is invoked twice at once'
    case 'act late':
      return `is given up and acts ${fault.when}, ${times(fault.times)}`
    case 'die':
      return `dies with the process ${fault.when}`
  }
}
