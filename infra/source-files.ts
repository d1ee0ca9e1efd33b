/**
 * The files that are deployed, by name: infra names files, it imports none of them. A function is called after its
 * file, `api/create-vm`; a workflow too, `create-vm`; in a workflow `${ChooseHost}` stands for steps/choose-host.ts.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  functionFolders,
  stepsByPlaceholder,
  type FunctionName,
} from '../core/contract/function-name.ts'

export const root = join(import.meta.dirname, '..')

const definition = '.asl.json'
const placeholder = /\$\{(\w+)\}/g

export const functionFile = (name: FunctionName) => `functions/${name}.ts`

export const functionNames = (): FunctionName[] =>
  functionFolders.flatMap((folder) =>
    readdirSync(join(root, 'functions', folder))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .toSorted()
      .map((file): FunctionName => `${folder}/${file.slice(0, -'.ts'.length)}`),
  )

export const workflowNames = (): string[] =>
  readdirSync(join(root, 'statemachines'))
    .filter((file) => file.endsWith(definition))
    .toSorted()
    .map((file) => file.slice(0, -definition.length))

export interface WorkflowFile {
  /** The definition with its placeholders, on one line. */
  text: string
  /** Placeholder → the step whose function takes its place. */
  steps: ReadonlyMap<string, FunctionName>
}

export function readWorkflow(name: string): WorkflowFile {
  const file = `statemachines/${name}${definition}`
  const text = JSON.stringify(JSON.parse(readFileSync(join(root, file), 'utf8')))
  const stepOf = stepsByPlaceholder(functionNames())
  const steps = new Map<string, FunctionName>()
  for (const [whole, placeheld = ''] of text.matchAll(placeholder)) {
    const step = stepOf.get(placeheld)
    if (!step) throw new Error(`${file} names ${whole}, but functions/steps/ has no such file`)
    steps.set(placeheld, step)
  }
  return { text, steps }
}

export const productVersion = (): string => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  return manifest.version
}
