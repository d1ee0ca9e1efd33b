/**
 * Counts what a test run came to, in one line that people and scripts can read: `N passed, N failed`.
 * A skip has a printed reason, or it is a failure; under CI it is a failure in any case. A file that
 * cannot be loaded and an error outside any test count as failures too: nothing that went wrong may
 * end in a run that looks well.
 */
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export interface Tally {
  passed: number
  failed: number
  skipped: number
}

export interface TallyRules {
  /** A skip is a failure. */
  ci: boolean
  /** Only some tests were asked for by name: the rest are not "skipped". */
  byName: boolean
}

export class TallyReporter implements Reporter {
  readonly tally: Tally = { passed: 0, failed: 0, skipped: 0 }
  /** One line each, to be printed at the end. */
  readonly remarks: string[] = []
  readonly #rules: TallyRules

  constructor(rules: TallyRules) {
    this.#rules = rules
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const module of modules) this.#count(module)
    for (const error of unhandled) this.#fail(`outside any test: ${error.message}`)
  }

  #count(module: TestModule) {
    for (const error of module.errors()) this.#fail(`${module.relativeModuleId}: ${error.message}`)
    for (const suite of module.children.allSuites()) {
      for (const error of suite.errors()) this.#fail(`${suite.fullName}: ${error.message}`)
    }
    for (const test of module.children.allTests()) {
      const name = `${module.relativeModuleId} > ${test.fullName}`
      const result = test.result()
      if (result.state === 'passed') this.tally.passed++
      else if (result.state === 'failed') this.tally.failed++
      else this.#skip(name, result.state === 'skipped' ? result.note : undefined)
    }
  }

  #skip(name: string, reason: string | undefined) {
    if (!reason && this.#rules.byName) return
    if (!reason) {
      this.#fail(`${name}: did not run, and nobody says why; use skipUnless of test/lacking.ts`)
    } else if (this.#rules.ci) {
      this.#fail(`${name}: skipped, which CI does not accept: ${reason}`)
    } else {
      this.tally.skipped++
      this.remarks.push(`skipped: ${name}: ${reason}`)
    }
  }

  #fail(remark: string) {
    this.tally.failed++
    this.remarks.push(`failed: ${remark}`)
  }
}

export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`
}

/** Reads the last tally line out of what a run printed; undefined when it printed none. */
export function readTally(output: string): Tally | undefined {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1)
  if (!found) return undefined
  return { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3] ?? 0) }
}
