/** Hands the files of statemachines/ to the embedded Step Functions, with the functions of their steps filled in. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LocalFailure } from './failures.ts'
import type { StepFunctionsEngine } from './step-functions/engine.ts'
import { InvalidDefinition } from './step-functions/errors.ts'

const suffix = '.asl.json'

export function defineWorkflows(
  engine: StepFunctionsEngine,
  directory: string,
  substitutions: Record<string, string>,
): void {
  for (const file of readdirSync(directory).filter((name) => name.endsWith(suffix))) {
    try {
      const definition = JSON.parse(readFileSync(join(directory, file), 'utf8')) as object
      engine.define(file.slice(0, -suffix.length), definition, substitutions)
    } catch (error) {
      if (error instanceof InvalidDefinition) throw refused(file, error.problems.join('\n'))
      if (error instanceof SyntaxError) throw refused(file, error.message)
      throw error
    }
  }
}

const refused = (file: string, problems: string) =>
  new LocalFailure('WORKFLOW_REFUSED', { file, problems })
