/**
 * Which functions there are: the files of functions/, by folder. A file is loaded when its function is first called,
 * as a Lambda's cold start would, so that starting up costs nothing for what is not used.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from 'aws-lambda'
import {
  functionFolders,
  stepsByPlaceholder,
  type FunctionFolder,
  type FunctionName,
} from '../../core/contract/function-name.ts'

export type Handler = (event: unknown, context: Context) => unknown

export interface Functions {
  readonly names: ReadonlySet<FunctionName>
  load(name: FunctionName): Promise<Handler>
}

export const functionsDirectory = join(import.meta.dirname, '../../functions')

export function findFunctions(directory = functionsDirectory): Functions {
  const names = new Set(functionFolders.flatMap((folder) => namesIn(directory, folder)))
  const loaded = new Map<FunctionName, Promise<Handler>>()
  const load = (name: FunctionName) => {
    const handler = loaded.get(name) ?? importHandler(join(directory, `${name}.ts`))
    loaded.set(name, handler)
    return handler
  }
  return { names, load }
}

function namesIn(directory: string, folder: FunctionFolder): FunctionName[] {
  let files: string[]
  try {
    files = readdirSync(join(directory, folder))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file): FunctionName => `${folder}/${file.slice(0, -'.ts'.length)}`)
}

async function importHandler(path: string): Promise<Handler> {
  const { handler } = (await import(path)) as { handler?: unknown }
  if (typeof handler !== 'function') throw new Error(`${path} does not export a handler`)
  return handler as Handler
}

/** What a definition's placeholders stand for here: the functions' names. */
export const stepSubstitutions = ({ names }: Functions): Record<string, FunctionName> =>
  Object.fromEntries(stepsByPlaceholder(names))
