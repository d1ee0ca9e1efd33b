/**
 * A rule of the house: what it finds, what to do instead, and examples it must catch and must let pass,
 * so that a rule that has stopped working is noticed before the house is.
 */
import type { House, Source } from './house.ts'

export interface Finding {
  line: number
  what: string
  /** Overrides the rule's own advice where the case knows better. */
  instead?: string
}

export interface Rule {
  /** Completes the sentence "In this house, …". */
  name: string
  instead: string
  find(source: Source, house: House): Finding[]
  /** Path and text of files that break the rule. */
  caught: [path: string, text: string][]
  /** Path and text of near misses. */
  fine: [path: string, text: string][]
}

export function check(rule: Rule, house: House): string[] {
  return house.sources.flatMap((source) =>
    rule
      .find(source, house)
      .map(
        ({ line, what, instead }) =>
          `${source.path}:${line} ${what}\n    → ${instead ?? rule.instead}`,
      ),
  )
}
